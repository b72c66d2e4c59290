"""The forms about a user: assignments, activation, end of sessions."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import quote

from broker.api.paths import USERS
from broker.authorization.collections.assign import Terms
from broker.authorization.views.overview import CollectionQuery
from broker.console.confirm import require_confirmed
from broker.console.role_collections.changes import require_fresh_logon_for
from broker.console.shell import command
from broker.console.users.lists import path_of
from broker.console.view import Done, Twin, View
from broker.errors import InvalidRequest
from broker.identity.users.find import UserName

if TYPE_CHECKING:
    from broker.authorization.views.access import UserAccess
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.identity.user import User

_MAX_CHOICES = 200
"""Role collections that a form offers; others are typed."""


def _access(services: Services, asked: ConsoleRequest) -> UserAccess:
    return services.access.user(asked.in_zone, asked.path["user_id"], asked.now)


def _named(asked: ConsoleRequest, access: UserAccess) -> UserName:
    return UserName(asked.zone_guid, access.user.name, access.user.origin)


def _command(asked: ConsoleRequest, user: User, *words: str) -> str:
    return command(*words, "--origin", user.origin, "--zone", asked.zone_guid)


def _api(user: User, collection: str) -> str:
    """Return the path of an assignment in the API."""
    origin, name, of = (quote(each, safe="") for each in (user.origin, user.name, collection))
    return f"{USERS}/origin/{origin}/name/{name}/rolecollections/{of}"


def _done(asked: ConsoleRequest, notice: str) -> Done:
    return Done(path_of(asked, asked.path["user_id"]), f"done.{notice}")


def ask_assign(services: Services, asked: ConsoleRequest) -> View:
    """Ask which role collection to assign."""
    user = services.access.member(asked.in_zone, asked.path["user_id"])
    found = services.collection_overviews.page(
        asked.in_zone, CollectionQuery(asked.now, limit=_MAX_CHOICES)
    )
    model = {
        "user": user,
        "choices": [each.collection.name for each in found],
        "chosen": asked.form.get("collection") or asked.query.get("collection", ""),
        "until": asked.form.get("until", ""),
        "note": asked.form.get("note", ""),
        "cancel": path_of(asked, user.user_id),
    }
    twin = Twin(
        api=f"PUT {_api(user, 'NAME')}",
        command=_command(asked, user, "role-collections", "assign", "NAME", "--user", user.name),
    )
    return View(template="users/assign", subject=user.name, model=model, twins=(twin,))


def assign(services: Services, asked: ConsoleRequest) -> Done:
    """Assign the role collection in the form."""
    form, user = asked.form, services.access.member(asked.in_zone, asked.path["user_id"])
    require_fresh_logon_for(services, asked, form.get("collection", ""))
    terms = Terms(_end_of(form.get("until", "")), form.get("note", "").strip() or None)
    name = UserName(asked.zone_guid, user.name, user.origin)
    services.assign_collections.assign(asked.actor, name, form.get("collection", ""), terms)
    return _done(asked, "users_assigned")


def _end_of(day: str) -> datetime | None:
    """Return the end of the day (UTC); raise InvalidRequest for another text."""
    if not day:
        return None
    try:
        return datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time.max, UTC)  # noqa: DTZ007
    except ValueError:
        raise InvalidRequest.at("until", f"{day[:40]!a}", "a day such as 2030-12-31") from None


def ask_unassign(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to end an assignment."""
    access, collection = _access(services, asked), asked.query["collection"]
    model = {
        "user": access.user,
        "text": "users.unassign.text",
        "collection": collection,
        "button": "users.unassign.submit",
        "cancel": path_of(asked, access.user.user_id),
    }
    words = "role-collections", "unassign", collection, "--user", access.user.name
    api = f"DELETE {_api(access.user, collection)}"
    twin = Twin(api=api, command=_command(asked, access.user, *words))
    return View(template="users/confirm", subject=access.user.name, model=model, twins=(twin,))


def unassign(services: Services, asked: ConsoleRequest) -> Done:
    """End the assignment in the URL."""
    user = services.access.member(asked.in_zone, asked.path["user_id"])
    require_fresh_logon_for(services, asked, asked.query["collection"])
    name = UserName(asked.zone_guid, user.name, user.origin)
    services.assign_collections.unassign(asked.actor, name, asked.query["collection"])
    return _done(asked, "users_unassigned")


def ask_activate(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to activate the user."""
    access = _access(services, asked)
    model = {
        "user": access.user,
        "text": "users.activate.text",
        "button": "users.activate.submit",
        "cancel": path_of(asked, access.user.user_id),
    }
    twin = Twin(command=_command(asked, access.user, "users", "activate", access.user.name))
    return View(template="users/confirm", subject=access.user.name, model=model, twins=(twin,))


def activate(services: Services, asked: ConsoleRequest) -> Done:
    """Activate the user; an administrator only after a recent logon, as for an assignment."""
    access = _access(services, asked)
    if services.access.holds_built_in_role(access.user):
        asked.require_fresh_logon()
    services.change_user.activate(asked.actor, _named(asked, access))
    return _done(asked, "users_activated")


def _dangerous(services: Services, asked: ConsoleRequest, action: str, word: str) -> View:
    access = _access(services, asked)
    model = {
        "user": access.user,
        "text": f"users.{action}.text",
        "button": f"users.{action}.submit",
        "counts": [
            ("users.sessions", len(access.sessions)),
            ("users.collections", len(access.assignments) + len(access.mapped)),
        ],
        "name": access.user.name,
        "cancel": path_of(asked, access.user.user_id),
    }
    twin = Twin(command=_command(asked, access.user, "users", word, access.user.name))
    return View(template="users/confirm", subject=access.user.name, model=model, twins=(twin,))


def ask_deactivate(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to deactivate the user."""
    return _dangerous(services, asked, "deactivate", "deactivate")


def deactivate(services: Services, asked: ConsoleRequest) -> Done:
    """Deactivate the user whose name is typed."""
    access = _access(services, asked)
    require_confirmed(asked, access.user.name)
    services.change_user.deactivate(asked.actor, _named(asked, access))
    return _done(asked, "users_deactivated")


def ask_end_sessions(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to end the user's sessions and tokens."""
    return _dangerous(services, asked, "end_sessions", "end-sessions")


def end_sessions(services: Services, asked: ConsoleRequest) -> Done:
    """End the sessions and tokens of the user whose name is typed."""
    access = _access(services, asked)
    require_confirmed(asked, access.user.name)
    services.change_user.end_sessions(asked.actor, _named(asked, access))
    return _done(asked, "users_sessions_ended")

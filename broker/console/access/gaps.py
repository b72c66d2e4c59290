"""What a token lacks for a scope, and the remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from broker.authorization.decision.path import Removal
from broker.console.instances.find import UPDATE
from broker.console.instances.find import path_of as instance_path
from broker.console.providers.pages import ONE as PROVIDER
from broker.console.rights import WRITE_PROVIDERS, WRITE_ROLES, WRITE_USERS
from broker.console.shell import command
from broker.console.tables import Link, Mark
from broker.console.users.lists import path_of
from broker.descriptor.model import GrantType
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.decision.path import Path
    from broker.authorization.explain_rights import ExplainedRights
    from broker.console.request import ConsoleRequest


_OF_PATH: Final = frozenset(
    {
        Removal.EXPIRED,
        Removal.NO_VALUE,
        Removal.RESTRICTED_ELSEWHERE,
        Removal.NOT_IN_TEMPLATE,
        Removal.PENDING,
        Removal.NOT_GRANTED_TO_TEMPLATE,
        Removal.NOT_HELD,
    }
)
"""What concerns one path alone; gaps of other kinds are equal in all of them."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """The remedy of a gap; each part may be absent.

    ``link`` leads to a page of the console, for users with ``right``; its text is the key of a
    message. ``descriptor`` is a part of an ``xs-security.json``.
    """

    link: Link | None = None
    right: str = ""
    command: str = ""
    descriptor: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing link: the key of what is missing, what to do about it, and how."""

    missing: str
    advice: Message
    remedy: Remedy = field(default_factory=Remedy)


@dataclass(frozen=True, slots=True)
class _At:
    """The place of a gap."""

    asked: ConsoleRequest
    found: ExplainedRights
    path: Path

    @property
    def user(self) -> tuple[str, ...]:
        """The options of a command that name the user's origin and zone."""
        return "--origin", self.found.user.origin, "--zone", self.asked.zone_guid

    @property
    def owner(self) -> str:
        """The application that defines the scope, '' for none."""
        app_id, separator, _ = self.path.scope.partition(".")
        return app_id if separator else ""

    @property
    def local(self) -> str:
        """The scope as its application's descriptor names it."""
        return f"$XSAPPNAME.{self.path.scope.partition('.')[2] or self.path.scope}"


def gap_of(asked: ConsoleRequest, found: ExplainedRights, path: Path, removal: Removal) -> Gap:
    """Return the gap that the removal makes in the path."""
    at = _At(asked, found, path)
    values: dict[str, str | int] = {
        "user": found.user.name,
        "origin": found.user.origin,
        "client": found.client.app_id,
        "scope": path.scope,
    }
    if removal in _OF_PATH:
        values |= {
            "owner": at.owner,
            "collection": path.collection,
            "role": path.role,
            "template": path.template,
            "app": path.app_id,
            "attribute": path.detail,
        }
    kind = removal.name
    if removal is Removal.NOT_HELD and not path.role:
        kind = "NO_COLLECTION"
    remedy = _REMEDIES[removal](at) if removal in _REMEDIES else Remedy()
    return Gap(f"access.missing.{kind}", Message(f"access.fix.{kind}", values), remedy)


def missing(removal: Removal) -> Mark:
    """Return what is missing, in short."""
    return Mark(f"access.missing.{removal.name}", "bad")


def _activate(at: _At) -> Remedy:
    path = path_of(at.asked, at.found.user.user_id)
    words = "users", "activate", at.found.user.name, *at.user
    return Remedy(
        Link("users.activate.title", path=f"{path}/activate"), WRITE_USERS, command(*words)
    )


def _activate_provider(at: _At) -> Remedy:
    origin, zone = at.found.user.origin, at.asked.zone_guid
    path = PROVIDER.replace("<zone>", zone).replace("<origin>", origin)
    words = "providers", "set", origin, "--active", "--zone", zone
    return Remedy(Link("access.to.provider", path=path), WRITE_PROVIDERS, command(*words))


def _assign(at: _At) -> Remedy:
    collection = at.path.collection
    if not collection:
        return _add_role(at)
    path = f"{path_of(at.asked, at.found.user.user_id)}/assign"
    link = Link("users.assign.title", path=path, query={"collection": collection})
    name = at.found.user.name
    words = "role-collections", "assign", collection, "--user", name, *at.user
    return Remedy(link, WRITE_ROLES, command(*words))


def _add_role(at: _At) -> Remedy:
    """Return the command that puts a role with the scope into a role collection."""
    names = "--app", at.owner or "APP", "--template", "TEMPLATE", "--role", "ROLE"
    words = "role-collections", "add-role", "COLLECTION", *names, "--zone", at.asked.zone_guid
    return Remedy(command=command(*words))


def _create_role(at: _At) -> Remedy:
    path = at.path
    role = "--app", path.app_id, "--template", path.template
    value = "--attribute", f"{path.detail}=VALUE", "--zone", at.asked.zone_guid
    return Remedy(command=command("roles", "create", "ROLE", *role, *value))


def _approve(at: _At) -> Remedy:
    app_id, zone = at.found.client.app_id, at.asked.zone_guid
    return Remedy(
        command=command("applications", "approve", app_id, "--zone", zone),
        descriptor=_json({"foreign-scope-references": [at.path.scope]}),
    )


def _in_descriptor(part: Callable[[_At], Any]) -> Callable[[_At], Remedy]:
    """Return the remedy by this part of the descriptor of the client's application."""

    def remedy(at: _At) -> Remedy:
        instance = at.found.client.service_instance_guid
        link = Link("access.to.update", path=instance_path(UPDATE, instance))
        return Remedy(link, descriptor=_json(part(at)))

    return remedy


def _granted(to: Callable[[_At], str]) -> Callable[[_At], Remedy]:
    """Return the remedy in the descriptor of the application that defines the scope."""

    def remedy(at: _At) -> Remedy:
        scope = {"name": at.local, "granted-apps": [f"$XSAPPNAME(application,{_name(to(at))})"]}
        return Remedy(descriptor=_json({"scopes": [scope]}))

    return remedy


def _name(app_id: str) -> str:
    """Return the xsappname."""
    return app_id.rpartition("!")[0]


def _json(part: object) -> str:
    return json.dumps(part, indent=2, ensure_ascii=False)


_REMEDIES: Final[Mapping[Removal, Callable[[_At], Remedy]]] = {
    Removal.INACTIVE_USER: _activate,
    Removal.INACTIVE_PROVIDER: _activate_provider,
    Removal.EXPIRED: _assign,
    Removal.NOT_HELD: _assign,
    Removal.NO_VALUE: _create_role,
    Removal.NOT_APPROVED: _approve,
    Removal.NOT_DEFINED: _in_descriptor(lambda at: {"scopes": [{"name": at.local}]}),
    Removal.NOT_NAMED: _in_descriptor(lambda at: {"foreign-scope-references": [at.path.scope]}),
    Removal.NOT_ACCEPTED: _in_descriptor(
        lambda at: {
            "foreign-scope-references": [
                f"$XSAPPNAME(application,{_name(at.owner)}).{at.local.partition('.')[2]}"
            ]
        }
    ),
    Removal.NOT_GRANTED: _granted(lambda at: at.found.client.app_id),
    Removal.NOT_GRANTED_TO_TEMPLATE: _granted(lambda at: at.path.app_id),
    Removal.NO_USER_GRANT: _in_descriptor(
        lambda at: {
            "oauth2-configuration": {
                "grant-types": [*at.found.client.grant_types, GrantType.AUTHORIZATION_CODE.value]
            }
        }
    ),
    Removal.PROVIDER_NOT_ALLOWED: _in_descriptor(
        lambda at: {
            "oauth2-configuration": {
                "allowedproviders": [
                    *(at.found.settings.allowed_providers or ()),
                    at.found.user.origin,
                ]
            }
        }
    ),
}
"""The remedies; the other removals have a text only."""

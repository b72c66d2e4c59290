"""The list of users, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.rights import WRITE_ROLES
from broker.console.role_collections.paths import ONE as COLLECTION
from broker.console.shell import command
from broker.console.tables import Action, Column, Filter, Link, Listing, Mark, Table, Text, When
from broker.console.view import Twin, View
from broker.identity.user import folded, is_storable
from broker.identity.users.search import ascii_lowered
from broker.login.pages.views import Message
from broker.search.condition import Combination, Comparison, Connective, Operator, Selection

if TYPE_CHECKING:
    from broker.authorization.collections.model import Assignment
    from broker.authorization.views.access import UserAccess
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell
    from broker.identity.user import User
    from broker.search.condition import Condition

LIST: Final = "/console/zones/<zone>/users"
ONE: Final = f"{LIST}/<user_id>"

_ORDERS = {"name": "userName", "seen": "lastLogonTime", "created": "meta.created"}
_STATES = {"active": True, "inactive": False}


def path_of(asked: ConsoleRequest, user_id: str) -> str:
    """Return the path of a user's page."""
    return ONE.replace("<zone>", asked.zone_guid).replace("<user_id>", user_id)


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the users of the zone."""
    listing, state = asked.listing, asked.query.get("state", "")
    selection = Selection(
        order_by=_ORDERS.get(listing.sort, "userName"),
        condition=_condition(listing.text, state),
        is_descending=listing.is_descending,
        offset=listing.skip,
        limit=listing.limit,
    )
    is_possible = is_storable(listing.text)
    found = services.access.users(asked.in_zone, selection) if is_possible else ()
    table = Table(
        caption="users.list.title",
        columns=(
            Column("users.name", sort="name"),
            Column("users.email"),
            Column("users.origin"),
            Column("users.state"),
            Column("users.last_logon", sort="seen"),
        ),
        rows=[_row(asked, each) for each in found],
        listing=listing,
        empty=Message("users.none_found" if listing.text or state else "users.empty"),
        searches=True,
        filters=(
            Filter(
                "state", "users.state", tuple((each, f"users.state.{each}") for each in _STATES)
            ),
        ),
    )
    zone, options = asked.zone_guid, ("--email", "ADDRESS", "--password-stdin")
    twins = (
        Twin(api="GET /Users", command=command("users", "list", "--zone", zone)),
        Twin(command=command("users", "add", "NAME", *options, "--zone", zone)),
    )
    return View(template="list", table=table, twins=twins)


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show a user."""
    access = services.access.user(asked.in_zone, asked.path["user_id"], asked.now)
    user = access.user
    twins = (
        Twin(
            api=f"GET /Users/{user.user_id}",
            command=command(
                *("users", "show", user.name, "--origin", user.origin),
                *("--zone", asked.zone_guid),
            ),
        ),
    )
    table = Table(
        caption="users.collections",
        columns=(
            Column("users.collection"),
            Column("users.by"),
            Column("users.since"),
            Column("users.until"),
            *((Column("users.action"),) if asked.may(WRITE_ROLES) else ()),
        ),
        rows=_collections(asked, access),
        listing=Listing(),
        empty=Message("users.no_collections"),
        is_paged=False,
    )
    return View(template="users/one", model=access, table=table, twins=twins, title=user.name)


def _condition(text: str, state: str) -> Condition | None:
    conditions: list[Condition] = []
    if text:
        contains = Operator.CONTAINS
        name = Comparison("userName", contains, folded(text))
        email = Comparison("emails.value", contains, ascii_lowered(text))
        conditions.append(Combination(Connective.OR, (name, email)))
    if state in _STATES:
        conditions.append(Comparison("active", Operator.EQUAL, value=_STATES[state]))
    if len(conditions) < 2:  # noqa: PLR2004 - a combination needs two
        return next(iter(conditions), None)
    return Combination(Connective.AND, tuple(conditions))


def _row(asked: ConsoleRequest, user: User) -> tuple[Link, Text, Text, Mark, When]:
    full_name = " ".join(each for each in (user.given_name, user.family_name) if each)
    return (
        Link(user.name, full_name, path=path_of(asked, user.user_id)),
        Text(user.email or ""),
        Text(user.origin),
        state_of(user),
        When(user.last_logon_at),
    )


def state_of(user: User) -> Mark:
    """Return whether the user can log on."""
    if not user.is_active:
        return Mark("users.state.inactive", "bad")
    if not user.provider_is_active:
        return Mark("users.state.provider_inactive", "bad")
    return Mark("users.state.active", "good")


def _collections(asked: ConsoleRequest, access: UserAccess) -> list[tuple[Cell, ...]]:
    assigned = [_assignment(asked, access.user, each) for each in access.assignments]
    mapped: list[tuple[Cell, ...]] = [
        (
            _collection(asked, each.collection),
            Mark("users.by_mapping"),
            When(each.created_at, "none"),
            When(None, "users.unlimited"),
        )
        for each in access.mapped
    ]
    if asked.may(WRITE_ROLES):
        # The mapping is removed on the page of the collection, for all users.
        mapped = [(*each, Text("")) for each in mapped]
    return [*assigned, *mapped]


def _assignment(asked: ConsoleRequest, user: User, assignment: Assignment) -> tuple[Cell, ...]:
    until = assignment.expires_at
    has_ended = until is not None and until <= asked.now
    path, query = path_of(asked, user.user_id), {"collection": assignment.collection}
    end = Action("users.unassign.submit", assignment.collection, f"{path}/unassign", query)
    return (
        _collection(asked, assignment.collection),
        Text(assignment.created_by, assignment.note or ""),
        When(assignment.created_at),
        Mark("users.expired", "bad") if has_ended else When(until, "users.unlimited"),
        *((end,) if asked.may(WRITE_ROLES) else ()),
    )


def _collection(asked: ConsoleRequest, name: str) -> Link:
    return Link(name, path=COLLECTION.replace("<zone>", asked.zone_guid), query={"name": name})

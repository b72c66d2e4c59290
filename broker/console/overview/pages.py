"""The overview of what needs attention, and the full list of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from broker.console.overview.lists import APPROVALS, EXPIRING, FAILING, REFERENCES, UNUSED
from broker.console.page import Navigation, Page
from broker.console.rights import OPERATOR, READ_ROLES
from broker.console.shell import command
from broker.console.view import Twin, View
from broker.identity.users.search import ascii_lowered
from broker.lifecycle.overview.attention import CredentialFinding, FindingPage, Limits
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.console.overview.lists import Kind
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Listing, Table
    from broker.lifecycle.overview.attention import FoundCredentials

ZONE: Final = "/console/zones/<zone>/overview"
ALL: Final = "/console/overview"

FIRST: Final = 5
"""Rows of each kind on the overview."""


@dataclass(frozen=True, slots=True)
class Section:
    """A kind on the overview: how many findings exist, the first of them, and the full list."""

    name: str
    total: int
    table: Table
    path: str


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show how many findings of each kind a zone has, or all zones, and the first ones."""
    found = services.attention.summary(asked.zone, FIRST)
    held = found.credentials
    expiring = held.by_finding[CredentialFinding.EXPIRING]
    unused = held.by_finding[CredentialFinding.UNUSED]
    kinds = (
        (EXPIRING, expiring, _none(EXPIRING)),
        (UNUSED, unused, _none_unused(asked, held)),
        (FAILING, found.failing, _none(FAILING)),
        (REFERENCES, found.references, _none(REFERENCES)),
        (APPROVALS, found.approvals, _none(APPROVALS)),
    )
    return View(
        template="overview/summary",
        twins=tuple(_twin(asked, kind) for kind, _, _ in kinds),
        model={
            "sections": [
                Section(
                    kind.name,
                    part.total,
                    kind.first(part.rows, has_zone=asked.zone is None, empty=empty),
                    _path(asked, kind),
                )
                for kind, part, empty in kinds
            ]
        },
    )


def list_expiring(services: Services, asked: ConsoleRequest) -> View:
    """List certificates in the last third of their lifetime."""
    page = _page(EXPIRING, asked.listing)
    found = services.attention.credentials(asked.zone, CredentialFinding.EXPIRING, page)
    rows = found.by_finding[CredentialFinding.EXPIRING].rows
    return _list(EXPIRING, asked, rows, _none(EXPIRING))


def list_unused(services: Services, asked: ConsoleRequest) -> View:
    """List accepted credentials that were not used for some time."""
    page = _page(UNUSED, asked.listing)
    found = services.attention.credentials(asked.zone, CredentialFinding.UNUSED, page)
    rows = found.by_finding[CredentialFinding.UNUSED].rows
    return _list(UNUSED, asked, rows, _none_unused(asked, found))


def list_failing(services: Services, asked: ConsoleRequest) -> View:
    """List clients whose authentication was refused lately, with the reasons."""
    found = services.attention.failing(asked.zone, _page(FAILING, asked.listing))
    return _list(FAILING, asked, found.rows, _none(FAILING))


def list_references(services: Services, asked: ConsoleRequest) -> View:
    """List references to applications that do not exist."""
    found = services.attention.references(asked.zone, _page(REFERENCES, asked.listing))
    return _list(REFERENCES, asked, found.rows, _none(REFERENCES))


def list_approvals(services: Services, asked: ConsoleRequest) -> View:
    """List applications that wait for an approval."""
    page = _page(APPROVALS, asked.listing)
    rows, _ = services.approvals.pending(
        asked.zone,
        page.search,
        is_descending=page.is_descending,
        offset=page.offset,
        limit=page.limit,
    )
    return _list(APPROVALS, asked, rows, _none(APPROVALS))


def _list(kind: Kind, asked: ConsoleRequest, rows: Sequence[Any], none: Message) -> View:
    empty = Message("overview.none_found") if asked.listing.text else none
    return View(
        template="overview/list",
        table=kind.table(rows, asked.listing, has_zone=asked.zone is None, empty=empty),
        twins=(_twin(asked, kind),),
        model={"text": f"overview.{kind.name}.text", "back": _base(asked)},
    )


def _page(kind: Kind, listing: Listing) -> FindingPage:
    by_name, is_descending = kind.sorting(listing)
    return FindingPage(
        ascii_lowered(listing.text), by_name, is_descending, listing.skip, listing.limit
    )


def _none(kind: Kind) -> Message:
    return Message(f"overview.{kind.name}.empty")


def _none_unused(asked: ConsoleRequest, found: FoundCredentials) -> Message:
    """Return why no credential is unused: uses may not have been counted for long enough."""
    since = found.counted_since
    if since > Limits.at(asked.now).unused_since:
        return Message("overview.unused.uncounted", {"day": f"{since:%Y-%m-%d}"})
    return _none(UNUSED)


def _twin(asked: ConsoleRequest, kind: Kind) -> Twin:
    zone = () if asked.zone is None or kind is not APPROVALS else ("--zone", asked.zone.guid)
    return Twin(command=command(*kind.command, *zone))


def _base(asked: ConsoleRequest) -> str:
    return ALL if asked.zone is None else ZONE.replace("<zone>", asked.zone.guid)


def _path(asked: ConsoleRequest, kind: Kind) -> str:
    return f"{_base(asked)}/{kind.name}"


_LISTS: Final[tuple[tuple[Kind, Callable[[Services, ConsoleRequest], View]], ...]] = (
    (EXPIRING, list_expiring),
    (UNUSED, list_unused),
    (FAILING, list_failing),
    (REFERENCES, list_references),
    (APPROVALS, list_approvals),
)

PAGES: Final = (
    Page(
        path=ZONE,
        name="overview.zone",
        right=READ_ROLES,
        handler=show,
        navigation=Navigation("zone", 5),
    ),
    Page(
        path=ALL,
        name="overview.all",
        right=OPERATOR,
        handler=show,
        navigation=Navigation("operator", 5),
    ),
    *(
        Page(
            path=f"{ZONE}/{kind.name}",
            name=f"overview.{kind.name}",
            right=READ_ROLES,
            handler=handler,
        )
        for kind, handler in _LISTS
    ),
    *(
        Page(
            path=f"{ALL}/{kind.name}",
            name=f"overview.all_{kind.name}",
            right=OPERATOR,
            handler=handler,
        )
        for kind, handler in _LISTS
    ),
)

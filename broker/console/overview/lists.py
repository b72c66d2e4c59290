"""The lists of what needs attention: for each kind its columns, rows and commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from broker.authorization.approvals import Application
from broker.console.instances.find import BINDING, ONE, UPDATE, path_of
from broker.console.tables import Cell as AnyCell
from broker.console.tables import Code, Column, Count, Link, Listing, Mark, Table, Text, When
from broker.credentials.readiness import CertificateLife
from broker.lifecycle.overview.attention import (
    FailingClient,
    FoundCredential,
    UnresolvedReference,
)
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

APPROVAL: Final = "/console/zones/<zone>/overview/approvals/one"

_LIVES: Final = {
    CertificateLife.EXPIRED: Mark("overview.life.expired", "bad"),
    CertificateLife.TENTH: Mark("overview.life.tenth", "bad"),
    CertificateLife.THIRD: Mark("overview.life.third"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    ``time`` is the column whose times the list can be sorted by, ''. Each row begins with what
    ``subject`` returns, which leads to the page where it is resolved, and the zone if there are
    several.
    """

    name: str
    columns: tuple[Column, ...]
    subject: Callable[[Any], AnyCell]
    cells: Callable[[Any], tuple[AnyCell, ...]]
    command: tuple[str, ...]
    time: str = ""
    is_latest_first: bool = False

    def sorting(self, listing: Listing) -> tuple[bool, bool]:
        """Return whether the list is in the order of names, and whether that is descending."""
        if listing.sort == "name":
            return True, listing.is_descending
        is_chosen = bool(self.time) and listing.sort == self.time
        return False, listing.is_descending if is_chosen else self.is_latest_first

    def table(
        self, found: Sequence[Any], listing: Listing, *, has_zone: bool, empty: Message
    ) -> Table:
        """Return the list, which can be searched and sorted."""
        return Table(
            caption=f"overview.{self.name}.title",
            columns=(
                Column("overview.application", sort="name"),
                *((Column("overview.zone_column"),) if has_zone else ()),
                *self.columns,
            ),
            rows=self._rows(found, has_zone=has_zone),
            listing=listing,
            empty=empty,
            searches=True,
        )

    def first(self, found: Sequence[Any], *, has_zone: bool, empty: Message) -> Table:
        """Return the first rows, which can be neither searched nor sorted."""
        whole = self.table(found, Listing(), has_zone=has_zone, empty=empty)
        return Table(
            caption=whole.caption,
            columns=tuple(Column(each.key, is_number=each.is_number) for each in whole.columns),
            rows=whole.rows,
            listing=whole.listing,
            empty=empty,
            is_paged=False,
        )

    def _rows(self, found: Sequence[Any], *, has_zone: bool) -> list[tuple[AnyCell, ...]]:
        return [
            (
                self.subject(each),
                *((Text(each.zone or ""),) if has_zone else ()),
                *self.cells(each),
            )
            for each in found
        ]


def _holder(each: FoundCredential) -> AnyCell:
    return Link(each.app_id, path=path_of(ONE, each.instance_id))


def _credential(each: FoundCredential) -> tuple[AnyCell, ...]:
    """Return the binding, which leads to its page, and the type."""
    type_ = Code(each.use.type, detail=each.use.how)
    if each.binding_id is None:
        return Mark("overview.no_binding"), type_
    path, query = path_of(BINDING, each.instance_id), {"binding": each.binding_id}
    return Link(each.binding_id, path=path, query=query), type_


def _expiring(each: FoundCredential) -> tuple[AnyCell, ...]:
    life = _LIVES.get(each.life) if each.life else None
    return (
        *_credential(each),
        life or Text(""),
        When(each.use.expires_at),
        When(each.use.used_at),
    )


def _unused(each: FoundCredential) -> tuple[AnyCell, ...]:
    return *_credential(each), When(each.use.used_at), When(each.use.created_at)


def _client(each: FailingClient) -> AnyCell:
    if not each.client_id:
        return Mark("overview.several")
    if each.instance_id is None:
        return Text(each.client_id)
    return Link(each.app_id or each.client_id, path=path_of(ONE, each.instance_id))


def _attempts(each: FailingClient) -> tuple[AnyCell, ...]:
    return Code(each.reason), Count(each.attempts), When(each.last_at)


def _referrer(each: UnresolvedReference) -> AnyCell:
    return Link(each.app_id, path=path_of(UPDATE, each.instance_id))


def _target(each: UnresolvedReference) -> tuple[AnyCell, ...]:
    found = each.reference
    return (
        Code(found.app_id or found.service_instance),
        _code(found.name),
        Code(found.usage),
        _code(found.holder),
    )


def _code(text: str) -> AnyCell:
    return Code(text) if text else Text("")


def _applicant(each: Application) -> AnyCell:
    path = APPROVAL.replace("<zone>", each.zone_guid)
    return Link(each.app_id, path=path, query={"applicant": each.app_id})


def _missing(each: Application) -> tuple[AnyCell, ...]:
    return Text(each.plan), Code(", ".join(each.missing))


EXPIRING: Final = Kind(
    "expiring",
    (
        Column("overview.binding"),
        Column("overview.type"),
        Column("overview.life"),
        Column("overview.expires", sort="expires"),
        Column("overview.used"),
    ),
    _holder,
    _expiring,
    ("credentials", "list", "--expiring", "30d"),
    time="expires",
)
UNUSED: Final = Kind(
    "unused",
    (
        Column("overview.binding"),
        Column("overview.type"),
        Column("overview.used", sort="used"),
        Column("overview.created"),
    ),
    _holder,
    _unused,
    ("credentials", "report"),
    time="used",
)
FAILING: Final = Kind(
    "failing",
    (
        Column("overview.reason"),
        Column("overview.attempts", is_number=True),
        Column("overview.last", sort="last"),
    ),
    _client,
    _attempts,
    ("refusals", "list"),
    time="last",
    is_latest_first=True,
)
REFERENCES: Final = Kind(
    "references",
    (
        Column("overview.target"),
        Column("overview.referenced"),
        Column("overview.usage"),
        Column("overview.referrer"),
    ),
    _referrer,
    _target,
    ("instances", "show", "INSTANCE"),
)
APPROVALS: Final = Kind(
    "approvals",
    (Column("overview.plan"), Column("overview.missing")),
    _applicant,
    _missing,
    ("applications", "list"),
)

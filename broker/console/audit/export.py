"""The audit trail as a CSV file, read in parts: a file in memory has no whole event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.audit.cells import EventCells, shown
from broker.console.tables import MAX_EXPORTED, Column, Table, Text
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.audit.search import ReadAudit
    from broker.console.audit.filters import Filters
    from broker.console.tables import Cell, Listing

PART: Final = 500
"""Events of one statement."""

MAX_PARTS: Final = 40
"""Parts with few matching events end the file earlier than its rows."""

_MAX_TEXT: Final = 2000

_COLUMNS: Final = (
    *("at", "action", "outcome", "actor_kind", "actor_id", "actor", "subject_kind", "subject_id"),
    *("subject", "details", "instance", "binding", "zone", "platform", "correlation", "id"),
)


def exported(audit: ReadAudit, filters: Filters, listing: Listing) -> Table:
    """Return the newest events as rows of texts, with a note if older ones were not read."""
    rows: list[tuple[Cell, ...]] = []
    note: Message | None = None
    is_in_zone = filters.zone_guid != ""
    for page, names in audit.pages(filters.search, PART, MAX_PARTS):
        rows += [_row(EventCells(each, names, is_in_zone)) for each in page.events]
        note = None
        if page.older is not None:
            at = f"{page.older.at:%Y-%m-%dT%H:%M:%SZ}"
            note = Message("audit.csv_cut", {"at": at})
        if len(rows) > MAX_EXPORTED:
            break
    return Table(
        caption="audit.list.title",
        columns=tuple(Column(f"audit.{name}") for name in _COLUMNS),
        rows=rows[: MAX_EXPORTED + 1],
        listing=listing,
        empty=Message("audit.none_found"),
        is_paged=False,
        note=note,
    )


def _row(cells: EventCells) -> tuple[Cell, ...]:
    event = cells.recorded.event
    return tuple(
        Text(shown(text, _MAX_TEXT))
        for text in (
            f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z",
            event.action,
            event.outcome,
            event.actor.kind,
            event.actor.id,
            cells.actor().exported,
            event.subject.kind,
            event.subject.id,
            cells.subject().exported,
            cells.exported_details(),
            event.instance_id,
            event.binding_id,
            event.zone_guid,
            event.actor.platform,
            event.actor.correlation_id,
            str(cells.recorded.id),
        )
    )

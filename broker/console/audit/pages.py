"""The audit trail of a zone, for the operator of all zones, and the page of one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.audit.groups import GROUPS, WITHOUT_ZONE
from broker.audit.search import MAX_SCANNED, parsed_id
from broker.console.audit.cells import NOTHING, EventCells, shown
from broker.console.audit.export import exported
from broker.console.audit.filters import (
    ALL,
    EVERYTHING,
    LIST,
    ONE,
    ONE_OF_ALL,
    OUTCOMES,
    PERIODS,
    Filters,
)
from broker.console.page import Navigation, Page
from broker.console.rights import OPERATOR, READ_ROLES
from broker.console.shell import command
from broker.console.tables import PAGE_SIZE, Code, Column, Table, Text, When
from broker.console.view import Twin, View
from broker.errors import NotFound
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.audit.search import AuditPage
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell

_MAX_TEXT: Final = 4000


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the events of a zone; those of all zones without one. Raises InvalidRequest."""
    filters, is_in_zone = Filters.of(asked), asked.zone is not None
    if asked.listing.is_export:
        table = exported(services.audit, filters, asked.listing)
        return View(template="audit/list", table=table)
    page, names = services.audit.page(filters.search, filters.before, PAGE_SIZE)
    cells = [EventCells(each, names, is_in_zone) for each in page.events]
    table = Table(
        caption="audit.list.title",
        columns=(
            Column("audit.at"),
            Column("audit.action"),
            Column("audit.actor"),
            Column("audit.subject"),
            Column("audit.details"),
            Column("audit.outcome"),
            *(() if is_in_zone else (Column("audit.zone"),)),
        ),
        rows=[_row(each, has_zone=not is_in_zone) for each in cells],
        listing=asked.listing,
        empty=Message("audit.none_found" if filters.is_narrowed else "audit.empty"),
        is_paged=False,
        older=str(page.older) if page.older else "",
        note=_note(page),
    )
    model = {
        "filters": filters,
        "periods": PERIODS,
        "outcomes": OUTCOMES,
        "groups": {
            name: sorted(actions)
            for name, actions in GROUPS.items()
            if not (is_in_zone and name in WITHOUT_ZONE)
        },
    }
    twins = (Twin(command=filters.command),)
    return View(template="audit/list", table=table, model=model, twins=twins)


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show an event; raise NotFound for one that is not in the zone."""
    is_in_zone = asked.zone is not None
    event_id = parsed_id(asked.path["event"])
    zone = asked.zone_guid if is_in_zone else ""
    found = services.audit.one(zone, event_id) if event_id else None
    if found is None:
        raise NotFound("There is no such event, or it was pruned.")
    recorded, names = found
    event, cells = recorded.event, EventCells(recorded, names, is_in_zone)
    facts = [
        ("audit.at", When(event.at)),
        ("audit.exact", Code(f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z")),
        ("audit.outcome", cells.outcome()),
        ("audit.actor", cells.actor()),
        ("audit.actor_id", _code(event.actor.id)),
        ("audit.platform", _code(event.actor.platform)),
        ("audit.identity", _code(cells.identity())),
        ("audit.subject", cells.subject()),
        ("audit.subject_id", _code(event.subject.id)),
        ("audit.collection", cells.collection()),
        ("audit.instance", cells.instance()),
        ("audit.binding", cells.binding()),
        ("audit.zone", cells.zone(event.zone_guid)),
        ("audit.correlation", _code(event.actor.correlation_id)),
        ("audit.id", _code(str(recorded.id))),
    ]
    similar = {
        f"audit.same_{name}": {name: id_, "days": EVERYTHING}
        for name, id_ in (("subject", event.subject.id), ("actor", event.actor.id))
        if id_
    }
    model = {
        "facts": [(key, cell) for key, cell in facts if cell is not None],
        "changes": cells.changes(),
        "details": cells.details(),
        "back": LIST.replace("<zone>", zone) if is_in_zone else ALL,
        "similar": similar,
        "is_cut": cells.is_cut,
    }
    twins = (Twin(command=command("audit", "show", str(recorded.id))),)
    return View(template="audit/one", model=model, twins=twins, subject=cells.action().text)


def _code(text: str) -> Cell | None:
    return Code(shown(text, _MAX_TEXT)) if text else None


def _row(cells: EventCells, *, has_zone: bool) -> tuple[Cell, ...]:
    return (
        When(cells.recorded.event.at),
        cells.action(),
        cells.actor(),
        cells.subject(),
        cells.summary(),
        cells.outcome(),
        *((cells.zone() or Text(NOTHING),) if has_zone else ()),
    )


def _note(page: AuditPage) -> Message | None:
    """Return what the search left out."""
    if not page.is_cut or page.older is None:
        return None
    return Message("audit.cut", {"n": MAX_SCANNED, "at": f"{page.older.at:%Y-%m-%d %H:%M:%S}"})


PAGES: Final = (
    Page(
        path=LIST,
        name="audit.list",
        right=READ_ROLES,
        handler=list_all,
        navigation=Navigation("zone", 60),
    ),
    Page(path=ONE, name="audit.one", right=READ_ROLES, handler=show),
    Page(
        path=ALL,
        name="audit.all",
        right=OPERATOR,
        handler=list_all,
        navigation=Navigation("operator", 60),
    ),
    Page(path=ONE_OF_ALL, name="audit.one_of_all", right=OPERATOR, handler=show),
)

"""The page of the family ``migration``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from broker.console.charts import Series, Span
from broker.console.instances.find import ONE, path_of
from broker.console.page import Navigation, Page
from broker.console.rights import READ_ROLES
from broker.console.tables import Column, Count, Filter, Link, Mark, Table, When
from broker.console.view import Twin, View
from broker.errors import NotFound
from broker.identity.users.search import ascii_lowered
from broker.lifecycle.overview.migration import MAX_AGE, MigrationState
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell
    from broker.lifecycle.overview.migration import DailyCount, MigratingInstance, ZoneReadiness

ZONE: Final = "/console/zones/<zone>/migration"
HORIZON: Final = timedelta(days=30)
"""How far ahead the timeline of certificates reaches."""

_STATES = tuple(each for each in MigrationState if each is not MigrationState.DELETED)


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show how far the instances of the zone are."""
    if asked.zone is None:
        raise NotFound("The page belongs to no zone.")
    found = services.migration.zone(asked.zone)
    return View(
        template="migration/zone",
        table=_table(found, asked),
        twins=(Twin("GET /credentials/v1/instances", "xsuaa-broker credentials report"),),
        model={
            "found": found,
            "states": [
                (each, sum(1 for one in found.instances if one.migration.state is each))
                for each in _STATES
            ],
            "series": series_of(found.counts, asked),
            "spans": [
                Span(each.app_id, each.created_at, each.expires_at, each.binding_id)
                for each in found.certificates
            ],
            "horizon": HORIZON,
        },
    )


def series_of(counts: Sequence[DailyCount], asked: ConsoleRequest) -> Series:
    """Return the numbers of each type for each day since the first; days without are 0."""
    if not counts:
        return Series((), {})
    first, last = max(counts[0].day, asked.now.date() - MAX_AGE), counts[-1].day
    days = tuple(first + timedelta(days=each) for each in range((last - first).days + 1))
    by_key = {(each.day, each.type): each.credentials for each in counts}
    types = sorted({each.type for each in counts})
    return Series(
        days,
        {
            f"instances.type.{type_}": tuple(by_key.get((day, type_), 0) for day in days)
            for type_ in types
        },
    )


def _table(found: ZoneReadiness, asked: ConsoleRequest) -> Table:
    listing, state = asked.listing, asked.query.get("state", "")
    text = ascii_lowered(listing.text)
    chosen = [
        each
        for each in found.instances
        if state in {"", each.migration.state}
        and text in ascii_lowered(f"{each.app_id} {each.name or ''} {each.instance_id}")
    ]
    if listing.sort in _SORTS:
        chosen.sort(key=_SORTS[listing.sort])
    if listing.is_descending:
        chosen.reverse()
    return Table(
        caption="migration.zone.title",
        columns=(
            Column("migration.application", sort="name"),
            Column("migration.state", sort="state"),
            Column("migration.apps", is_number=True),
            Column("migration.keys", is_number=True),
            Column("migration.own", is_number=True),
            Column("migration.secret_used", sort="used"),
        ),
        rows=[_row(each) for each in chosen[listing.skip : listing.skip + listing.limit]],
        listing=listing,
        empty=Message("migration.none_found" if text or state else "migration.empty"),
        searches=True,
        filters=(
            Filter(
                "state",
                "migration.state",
                tuple((each, f"migration.state.{each}") for each in _STATES),
            ),
        ),
    )


_SORTS = {
    "name": lambda each: each.app_id,
    "state": lambda each: (each.migration.state, each.app_id),
    "used": lambda each: (
        each.migration.facts.secret_used_at.timestamp()
        if each.migration.facts.secret_used_at
        else 0
    ),
}


def _row(each: MigratingInstance) -> tuple[Cell, ...]:
    facts, state = each.migration.facts, each.migration.state
    tone = {MigrationState.SHARED: "bad", MigrationState.DELISTED: "good"}.get(state, "quiet")
    return (
        Link(each.app_id, detail=each.name or "", path=path_of(ONE, each.instance_id)),
        Mark(f"migration.state.{state}", tone),
        Count(facts.apps),
        Count(facts.keys),
        Count(facts.own),
        When(facts.secret_used_at),
    )


PAGES: Final = (
    Page(
        path=ZONE,
        name="migration.zone",
        right=READ_ROLES,
        handler=show,
        navigation=Navigation("zone", 15),
    ),
)

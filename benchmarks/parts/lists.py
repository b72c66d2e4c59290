"""Time of lists of users with their role collections, by number of users, and of filters."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, select

from benchmarks.cores import pinned_to, server_core
from benchmarks.people import people
from benchmarks.report import Table
from broker.authorization.groups.read import ReadUsersWithGroups
from broker.identity.users.search import USER_ATTRIBUTES
from broker.ids import new_row_id
from broker.search.condition import Selection
from broker.search.filter import parse_filter
from broker.store.sealing.data_keys import DataKeys
from broker.store.tables.declared import role_collection
from broker.store.transactions import StoreTransactions
from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.people import People

FEWEST, MOST = 1_000, 100_000
COLLECTIONS = 5_000
PAGE, LAST, NAME = "ms, first page", "ms, last page", "ms, by name"
PREFIX, PART = "ms, by a prefix", "ms, by a part"
PAGE_TO_FEWEST, NAME_TO_FEWEST = "first page ÷ fewest", "by name ÷ fewest"

_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_PAGE_SIZE = 500
_WARM_UP = 3


def measure(bench: Bench) -> Table:
    """Measure every size in each round."""
    subjects: dict[str, _Subject] = {}
    fewest = {}
    for kind in _NAMES:
        for size in (FEWEST, MOST):
            bench.say(f"Creating a database with {size:,} users ({kind})")
            subjects[row(kind, size)] = _Subject.of(people(bench.databases, kind, size), size)
            fewest[row(kind, size)] = row(kind, FEWEST)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in subjects}
    for number in bench.rounds():
        bench.wait_until_idle()
        for name, subject in subjects.items():
            with pinned_to(server_core()):
                found[name].append(subject.measure(bench.effort.operation_seconds))
            bench.say(f"Round {number} of {bench.effort.rounds}, {name}: {found[name][-1]}")
    rows: dict[str, dict[str, float]] = {}
    for name, rounds in found.items():
        rows[name] = {key: median(each[key] for each in rounds) for key in rounds[0]}
        for key, ratio in ((PAGE, PAGE_TO_FEWEST), (NAME, NAME_TO_FEWEST)):
            pairs = zip(rounds, found[fewest[name]], strict=True)
            rows[name][ratio] = median(many[key] / few[key] for many, few in pairs)
    return Table(
        f"Lists of {_PAGE_SIZE} users with their role collections, of {COLLECTIONS:,}",
        rows,
        "Filters: a whole name, a prefix of a hundredth of the users, a part of no name.",
    )


def row(kind: str, size: int) -> str:
    """Return the name of a row."""
    return f"{_NAMES[kind]} with {size:,} users"


MOST_ROW = row("sqlite", MOST)


@dataclass(frozen=True, slots=True)
class _Subject:
    """The product's lists of one zone."""

    read: ReadUsersWithGroups
    zone: str
    size: int

    @classmethod
    def of(cls, known: People, size: int) -> _Subject:
        """Return the lists of these people, after their zone got its role collections."""
        zone = known.client.zone
        with known.engine.begin() as connection:
            present = connection.execute(
                select(role_collection.c.client_row_id).where(
                    role_collection.c.zone_row_id == zone.row_id
                )
            ).all()
            connection.execute(
                insert(role_collection),
                [
                    {
                        "id": new_row_id(),
                        "zone_row_id": zone.row_id,
                        "client_row_id": present[0].client_row_id,
                        "name": str(uuid4()),
                        "is_read_only": False,
                    }
                    for _ in range(COLLECTIONS - len(present))
                ],
            )
            connection.exec_driver_sql("ANALYZE")
        keys = DataKeys(known.engine, MASTER_KEYS)
        return cls(ReadUsersWithGroups(StoreTransactions(known.engine, keys)), zone.guid, size)

    def measure(self, seconds: float) -> dict[str, float]:
        """Return milliseconds of each list."""
        return {
            PAGE: self._milliseconds(None, seconds),
            LAST: self._milliseconds(None, seconds, offset=self.size - _PAGE_SIZE),
            NAME: self._milliseconds('userName eq "user-777"', seconds),
            PREFIX: self._milliseconds('userName sw "user-77"', seconds),
            PART: self._milliseconds('userName co "nobody"', seconds),
        }

    def _milliseconds(self, filter_: str | None, seconds: float, offset: int = 0) -> float:
        condition = parse_filter(filter_, USER_ATTRIBUTES) if filter_ else None
        selection = Selection("meta.created", condition, offset=offset, limit=_PAGE_SIZE)
        end = time.monotonic() + seconds
        durations: list[float] = []
        while len(durations) <= _WARM_UP or time.monotonic() < end:
            began = time.perf_counter()
            self.read.page(self.zone, selection, groups=True)
            durations.append(time.perf_counter() - began)
        return median(durations[_WARM_UP:]) * 1000

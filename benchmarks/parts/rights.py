"""CPU time of a decision on a user's rights, by number of users, beside one indexed SELECT."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cores import pinned_to, server_core
from benchmarks.people import COLLECTIONS_PER_USER, people
from benchmarks.report import Table
from broker.authorization.user_rights import DecidedRights
from broker.clock import SystemClock
from broker.store.authorization.user_rights import StoredRoles
from broker.store.identity.users import StoredUsers

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from benchmarks.people import People
    from broker.identity.user import User

FEWEST, MOST = 1_000, 100_000
CPU, CACHED = "µs of CPU", "µs, cached"
SELECT, TO_SELECT, TO_FEWEST = "µs of one SELECT", "÷ SELECT", "÷ fewest"

_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_WARM_UP = 50


def measure(bench: Bench) -> Table:
    """Measure every size in each round; SQLite's own time is included."""
    subjects: dict[str, _Subject] = {}
    fewest = {}
    for kind in _NAMES:
        for size in (FEWEST, MOST):
            bench.say(f"Creating a database with {size:,} users ({kind})")
            subjects[row(kind, size)] = _Subject(people(bench.databases, kind, size))
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
        pairs = zip(rounds, found[fewest[name]], strict=True)
        rows[name][TO_FEWEST] = median(many[CPU] / few[CPU] for many, few in pairs)
    return Table(
        f"Rights of a user with {COLLECTIONS_PER_USER} role collections, one core",
        rows,
        "CPU time of this process: with PostgreSQL, without that of the database.",
    )


def row(kind: str, size: int) -> str:
    """Return the name of a row."""
    return f"{_NAMES[kind]} with {size:,} users"


MOST_ROW = row("sqlite", MOST)


class _Subject:
    """The product's look-ups on one database."""

    def __init__(self, known: People) -> None:
        self._known = known
        self._users = StoredUsers(known.engine)
        self._roles = StoredRoles(known.engine)
        self._loaded = [self._user(user_id) for user_id in known.user_ids]
        self._cached = self._rights()
        for user in self._loaded:
            self._decide(self._cached, user)

    def measure(self, seconds: float) -> dict[str, float]:
        """Return microseconds of CPU time for each call."""
        fresh = self._rights
        decided = _cpu(lambda: self._decide(fresh(), random.choice(self._loaded)), seconds)
        select = _cpu(lambda: self._user(random.choice(self._known.user_ids)), seconds)
        cached = _cpu(lambda: self._decide(self._cached, random.choice(self._loaded)), seconds)
        return {CPU: decided, SELECT: select, TO_SELECT: decided / select, CACHED: cached}

    def _rights(self) -> DecidedRights:
        return DecidedRights(self._roles, SystemClock(), timedelta(days=7))

    def _user(self, user_id: str) -> User:
        found = self._users.find(user_id)
        if found is None:
            raise LookupError(user_id)
        return found

    def _decide(self, rights: DecidedRights, user: User) -> None:
        rights.of(user, self._known.client, self._known.settings)


def _cpu(work: Callable[[], object], seconds: float) -> float:
    for _ in range(_WARM_UP):
        work()
    calls, began, end = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end:
        work()
        calls += 1
    return (time.process_time() - began) / calls * 1e6

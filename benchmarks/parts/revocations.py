"""Unbinds that are counted in the state directory, and the same without a count (D-62)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.commits import SqliteCommits
from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.osb_client import Calls, Platform, call
from benchmarks.report import Table
from broker.store.rollback.revocation_file import REVOCATIONS_FILE, RevocationFile
from tests.support.platform import a_descriptor, credential_types

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

COUNTED, UNCOUNTED = "unbind; 1 client", "unbind, not counted; 1 client"
TO_COMMITS, TO_UNCOUNTED = "÷ commits", "÷ not counted"

_DESCRIPTOR = a_descriptor(oauth2_configuration=credential_types("binding-secret"))


@dataclass(frozen=True, slots=True)
class _Counting:
    """Switches the count of a running server on and off."""

    database: Path
    directory: Path

    def switch(self, count: int | None) -> None:
        """Let revocations be counted from here on, or not."""
        (self.directory / REVOCATIONS_FILE).unlink(missing_ok=True)
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.execute("UPDATE installation SET revocations = ?", (count,))
            connection.commit()
        if count is not None:
            RevocationFile(self.directory, self.database, 30).raise_to(count)


@dataclass(frozen=True, slots=True)
class _Result:
    calls: Calls
    commits: float


def measure(bench: Bench) -> Table:
    """Measure both in each round, on SQLite with one worker."""
    found: dict[str, list[_Result]] = {COUNTED: [], UNCOUNTED: []}
    database = bench.directory / "revocations.db"
    commits = SqliteCommits(bench.directory / "revocation-commits.db")
    name, url = "revocations", bench.databases.empty("sqlite", "revocations")
    with measured_server(bench, name, server_core(), url) as (server, _):
        counting = _Counting(database, server.directory / "var")
        for number in bench.rounds():
            for row, count in ((COUNTED, 1), (UNCOUNTED, None)):
                counting.switch(count)
                bench.wait_until_idle()
                found[row].append(_unbinds(bench, server.port, commits))
            pair = [found[row][-1].calls.rate for row in (COUNTED, UNCOUNTED)]
            bench.say(
                f"Round {number} of {bench.effort.rounds}, unbinds: {pair[0]:,.0f}/s counted,"
                f" {pair[1]:,.0f}/s not"
            )
    rows = {row: _figures(results) for row, results in found.items()}
    rows[COUNTED][TO_UNCOUNTED] = median(
        counted.calls.rate / uncounted.calls.rate
        for counted, uncounted in zip(found[COUNTED], found[UNCOUNTED], strict=True)
    )
    return Table("Revocations: SQLite, one worker on one core", rows)


def _unbinds(bench: Bench, port: int, commits: SqliteCommits) -> _Result:
    made: list[str] = []
    with closing(Platform(port)) as platform:
        instance = platform.provision(_DESCRIPTOR)

    def bind(platform: Platform) -> bool:
        made.append(platform.bind(instance, {"credential-type": "binding-secret"}))
        return True

    def unbind(platform: Platform) -> bool:
        if made:
            platform.unbind(instance, made.pop())
        return bool(made)

    effort = bench.effort
    call(port, [bind], effort.operation_seconds)
    before = commits.measure(1, effort.commit_seconds)
    calls = call(port, [unbind], effort.operation_seconds)
    return _Result(calls, (before + commits.measure(1, effort.commit_seconds)) / 2)


def _figures(results: list[_Result]) -> dict[str, float]:
    return {
        "per second": median(each.calls.rate for each in results),
        "p50 ms": median(each.calls.p50 for each in results),
        "commits/s": median(each.commits for each in results),
        TO_COMMITS: median(each.calls.rate / each.commits for each in results),
    }

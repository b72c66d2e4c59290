"""Targets for the figures, and their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.parts import (
    certificates,
    console,
    endpoints,
    growth,
    handshakes,
    lists,
    logins,
    operations,
    passwords,
    provisioning,
    refusal_times,
    revocations,
    rights,
    starting,
    tokens,
    trips,
    two_cores,
    user_grants,
    using_memory,
)
from benchmarks.report import shown
from benchmarks.samples import CPU_RATIO, P99_TO_P50, RATIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.report import Table


@dataclass(frozen=True, slots=True)
class Target:
    """A mandatory limit (``must``) and a desired one (``aim``) for one figure."""

    name: str
    must: float
    aim: float
    part: str
    row: str
    column: str

    def verdict(self, value: float) -> str:
        """Return the verdict on the value; more is better if ``must`` is below ``aim``."""
        sign = 1 if self.must <= self.aim else -1
        if value * sign >= self.aim * sign:
            return "aim reached"
        return "kept" if value * sign >= self.must * sign else "MISSED"


def targets(max_bindings: int) -> Sequence[Target]:
    """Return all targets that a benchmark can judge."""
    sixteen, bind = tokens.row(16), operations.row(operations.BIND, 1)
    largest = growth.row(max_bindings)
    worker = using_memory.WORKER
    return (
        Target("tokens ÷ bound, SQLite, one core", 0.65, 0.80, "tokens", sixteen, RATIO),
        Target("the same, two cores", 0.60, 0.75, "two-cores", two_cores.SQLITE, RATIO),
        Target("PostgreSQL, two cores", 0.65, 0.72, "two-cores", two_cores.POSTGRES, RATIO),
        Target(
            "÷ oidc-provider, two cores", 1.3, 2, "two-cores", two_cores.SQLITE, two_cores.TO_PEER
        ),
        Target("refused secrets ÷ bound", 3.9, 8, "endpoints", endpoints.REFUSED, RATIO),
        Target(
            "tokens with most bindings ÷ with fewest",
            0.95,
            0.99,
            "growth",
            largest,
            growth.TO_FEWEST,
        ),
        Target("p99 ÷ p50 at 16 connections", 2.5, 2, "tokens", sixteen, P99_TO_P50),
        Target("binds ÷ plain", 0.35, 0.5, "operations-sqlite", bind, operations.TO_PLAIN),
        *(
            Target(f"certificate, {name} ÷ bound", 0.5, 0.6, "certificates", row, RATIO)
            for name, row in (
                ("own TLS listener", certificates.row(certificates.DIRECT, 16)),
                ("behind nginx", certificates.row(certificates.FORWARDED, 16)),
            )
        ),
        Target("introspection ÷ bound", 1.6, 2.2, "endpoints", endpoints.INTROSPECTION, RATIO),
        Target(
            "unbinds counted ÷ not counted",
            0.5,
            0.8,
            "revocations",
            revocations.COUNTED,
            revocations.TO_UNCOUNTED,
        ),
        Target(
            "x509 bind ÷ key generation, p50",
            0.5,
            0.3,
            "operations-sqlite",
            operations.CERTIFICATE_ROW,
            operations.TO_KEY,
        ),
        *(
            Target(f"round trips, {name}", must, aim, "trips", name, trips.COLUMN)
            for name, must, aim in (
                (trips.PROVISION, 42, 33),
                (trips.UPDATE, 24, 19),
                (trips.BIND, 10, 8),
                (trips.UNBIND, 7, 6),
                (trips.FETCH, 5, 4),
            )
        ),
        Target(
            "provision, large ÷ small descriptor",
            6,
            4,
            "provisioning",
            provisioning.LARGE,
            provisioning.TO_SMALL,
        ),
        Target(
            "token by a handshake each ÷ bare TLS, CPU",
            0.5,
            0.7,
            "handshakes",
            handshakes.OURS,
            handshakes.CPU_TO_PEER,
        ),
        Target("memory after ÷ before", 1.03, 1.01, "memory", worker, using_memory.GROWTH),
        Target("memory per worker, MB", 45, 40, "memory", worker, using_memory.AFTER),
        Target("start ÷ bare import", 2.5, 1.5, "start", starting.SERVER, starting.TO_IMPORT),
        Target(
            "refusals apart at p25, µs",
            15,
            5,
            "refusal-times",
            refusal_times.DIFFERENCE,
            refusal_times.QUARTER,
        ),
        Target("rights, µs of CPU", 1000, 700, "rights", rights.MOST_ROW, rights.CPU),
        Target("rights ÷ one SELECT", 6, 4, "rights", rights.MOST_ROW, rights.TO_SELECT),
        Target(
            "rights, most users ÷ fewest", 1.2, 1.05, "rights", rights.MOST_ROW, rights.TO_FEWEST
        ),
        Target("users, first page, ms", 100, 50, "lists", lists.MOST_ROW, lists.PAGE),
        Target("users by a part of the name, ms", 300, 200, "lists", lists.MOST_ROW, lists.PART),
        Target(
            "users by name, most ÷ fewest", 1.5, 1.2, "lists", lists.MOST_ROW, lists.NAME_TO_FEWEST
        ),
        Target("logons ÷ bound", 0.5, 0.8, "passwords", passwords.LOGON, RATIO),
        Target(
            "token p99 beside logons ÷ without",
            2,
            1.5,
            "passwords",
            passwords.BESIDE,
            passwords.TO_ALONE,
        ),
        # A grant signs two tokens: 0.5 would be a grant without any other work.
        Target(
            "exchange, signature ÷ CPU", 0.04, 0.08, "user-grants", user_grants.EXCHANGE, CPU_RATIO
        ),
        Target(
            "refresh, signature ÷ CPU", 0.06, 0.12, "user-grants", user_grants.REFRESH, CPU_RATIO
        ),
        Target(
            "statements of a code for a session", 6, 4, "logins", logins.CODE, logins.STATEMENTS
        ),
        Target("login page, KB in all", 50, 30, "logins", logins.PAGE, logins.KILOBYTES),
        Target(
            "token p99 beside logins ÷ without",
            2,
            1.5,
            "logins",
            logins.BESIDE,
            passwords.TO_ALONE,
        ),
        Target(
            "console, slowest first page, ms of CPU", 100, 50, "console", console.MOST, console.CPU
        ),
        Target(
            "token p99 beside the console ÷ without",
            1.5,
            1.2,
            "console",
            console.BESIDE,
            passwords.TO_ALONE,
        ),
    )


def judged(tables: Mapping[str, Table], max_bindings: int) -> Iterator[dict[str, object]]:
    """Yield each target with its figure as far as it was measured."""
    for target in targets(max_bindings):
        table = tables.get(target.part)
        row = {} if table is None else table.rows.get(target.row, {})
        value = row.get(target.column)
        yield {
            "target": target.name,
            "must": target.must,
            "aim": target.aim,
            "measured": value,
            "by CPU time": row.get(CPU_RATIO) if target.column == RATIO else None,
            "verdict": "not measured" if value is None else target.verdict(value),
        }


def markdown_of_targets(found: Sequence[Mapping[str, object]]) -> str:
    """Return the verdicts as a table."""
    columns = ("target", "must", "aim", "measured", "by CPU time", "verdict")
    lines = ["### Targets", "", f"| {' | '.join(columns)} |", "|---|---:|---:|---:|---:|---|"]
    for each in found:
        cells = [_cell(each[column]) for column in columns]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cell(value: object) -> str:
    return shown(value) if isinstance(value, int | float) else str(value or "")

"""The bounds: the maximum rates of this machine, independent of any server."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from benchmarks.commits import PostgresCommits, SqliteCommits
from benchmarks.cores import all_cores, pinned_to, server_core
from benchmarks.report import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench

_KEYS = 10


def measure(bench: Bench) -> Table:
    """Measure each in turn, several times."""
    seconds = bench.effort.bound_seconds
    sqlite = SqliteCommits(bench.directory / "bounds.db")
    postgres = PostgresCommits(bench.databases.postgres)
    subjects: dict[str, Callable[[], float]] = {
        "RSA-2048 signatures, one core": lambda: bench.signers.measure(server_core(), seconds).rate,
        "RSA-2048 signatures, two cores": lambda: bench.signers.measure(all_cores(), seconds).rate,
        "RSA-2048 keys, one core": _keys,
        "SQLite commits": lambda: sqlite.measure(1, seconds),
        "PostgreSQL commits, 1 client": lambda: postgres.measure(1, seconds),
        "PostgreSQL commits, 4 clients": lambda: postgres.measure(4, seconds),
    }
    if openssl := shutil.which("openssl"):
        subjects["RSA-2048 signatures, openssl speed"] = lambda: _openssl(openssl)
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for number in bench.rounds():
        bench.wait_until_idle()
        for name, subject in subjects.items():
            found[name].append(subject())
        bench.say(f"Round {number} of {bench.effort.rounds}, bounds")
    return Table(
        "Bounds, per second",
        {
            name: {"median": median(values), "least": min(values), "most": max(values)}
            for name, values in found.items()
        },
    )


def _keys() -> float:
    with pinned_to(server_core()):
        began = time.perf_counter()
        for _ in range(_KEYS):
            generate_private_key(65_537, 2048)
        return _KEYS / (time.perf_counter() - began)


def _openssl(program: str) -> float:
    with pinned_to(server_core()):
        finished = subprocess.run(
            [program, "speed", "-seconds", "1", "rsa2048"],
            capture_output=True,
            text=True,
            check=True,
        )
    match = re.search(r"^rsa +2048 bits +\S+ +\S+ +([0-9.]+)", finished.stdout, re.MULTILINE)
    if match is None:
        raise ValueError(f"openssl speed said:\n{finished.stdout}")
    return float(match.group(1))

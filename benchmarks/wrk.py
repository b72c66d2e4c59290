"""wrk, the load generator: random requests at the maximum rate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.debian import Program, find_program
from benchmarks.load import Load, MeasurementSpoiledError, run_for

if TYPE_CHECKING:
    from benchmarks.cores import Cores

_SCRIPT = Path(__file__).with_name("load.lua")


def wrk_program(directory: Path) -> Program:
    """Return wrk; raise ProgramMissingError."""
    return find_program("wrk", "wrk", ("libluajit-5.1-2", "libluajit-5.1-common"), directory)


@dataclass(frozen=True, slots=True)
class LoadGenerator:
    """Runs wrk on the given cores."""

    program: Program
    cores: Cores
    timeout_seconds: int = 2
    """A response that takes longer counts as missing."""

    def run(
        self, url: str, requests: Path, *, connections: int, seconds: int, refused: bool = False
    ) -> Load:
        """Send requests over this number of connections that stay open, without pauses.

        Raises MeasurementSpoiledError if a response is missing or a refusal; with ``refused``, if
        a response is missing or no refusal.
        """
        command: list[str | Path] = [
            *("-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", _SCRIPT, "--latency"),
            *("--timeout", f"{self.timeout_seconds}s"),
            *(url, "--", requests),
        ]
        finished = run_for(seconds, command, self.program, self.cores)
        if finished.returncode:
            raise MeasurementSpoiledError(f"wrk failed:\n{finished.stdout}{finished.stderr}")
        found = json.loads(finished.stdout.splitlines()[-1])
        answered = found["requests"]
        expected = answered if refused else 0
        if found["refused"] != expected or found["broken"] or not answered:
            raise MeasurementSpoiledError(
                f"of {answered} requests to {url} {found['refused']} returned an error"
                f" instead of {expected}, and {found['broken']} connections broke"
            )
        return Load(
            requests=answered,
            rate=answered / found["microseconds"] * 1e6,
            p50=found["p50"] / 1000,
            p99=found["p99"] / 1000,
        )

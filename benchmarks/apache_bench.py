"""ab, the load generator for clients with a certificate, which wrk cannot present."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.debian import Program, find_program
from benchmarks.load import Load, MeasurementSpoiledError, run_for

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from benchmarks.cores import Cores

_MAX_REQUESTS = 10_000_000


def ab_program(directory: Path) -> Program:
    """Return ab; raise ProgramMissingError."""
    return find_program("ab", "apache2-utils", ("libapr1", "libaprutil1"), directory)


@dataclass(frozen=True, slots=True)
class CertificateLoad:
    """Repeats one form request over TLS connections that stay open, or a new one for each."""

    program: Program
    cores: Cores
    identity: Path
    """Certificate, chain and key as PEM."""
    form: Path
    keeps_alive: bool = True

    def run(self, url: str, *, connections: int, seconds: int) -> Load:
        """Load the server; raise MeasurementSpoiledError unless every response is a 200."""
        finished = self._run(url, connections, seconds)
        text = finished.stdout
        answered = _number(r"Complete requests: +(\d+)", text)
        failed = _number(r"Failed requests: +(\d+)", text)
        # Tokens differ in length, which ab counts as a failure.
        failed -= _number(r"Length: (\d+)", text)
        failed += _number(r"Non-2xx responses: +(\d+)", text)
        if finished.returncode or failed or not answered:
            raise MeasurementSpoiledError(
                f"ab: of {answered:.0f} requests to {url} {failed:.0f} failed:\n{text}"
                f"{finished.stderr}"
            )
        return Load(
            requests=int(answered),
            rate=_number(r"Requests per second: +([0-9.]+)", text),
            p50=_number(r" 50% +(\d+)", text),
            p99=_number(r" 99% +(\d+)", text),
        )

    def _run(self, url: str, connections: int, seconds: int) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = ["-k", "-q"] if self.keeps_alive else ["-q"]
        command += ["-c", str(connections), "-t", str(seconds), "-n", str(_MAX_REQUESTS)]
        command += ["-E", self.identity, "-p", self.form]
        command += ["-T", "application/x-www-form-urlencoded", f"{url}/oauth/token"]
        return run_for(seconds, command, self.program, self.cores)


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    return float(match.group(1)) if match else 0.0

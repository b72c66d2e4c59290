"""Shared parts of the load generators: how they run, and the result of a load."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cores import pinned_to

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.cores import Cores
    from benchmarks.debian import Program

_SLACK_SECONDS = 30


class MeasurementSpoiledError(Exception):
    """A response was not the expected one, so the figure would be meaningless."""


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a load: responses per second, and times in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float


def run_for(
    seconds: int, arguments: Sequence[str | Path], program: Program, cores: Cores
) -> subprocess.CompletedProcess[str]:
    """Run a program for this number of seconds on these cores; capture its output."""
    with pinned_to(cores):
        return subprocess.run(
            [program.path, *arguments],
            env={"PATH": os.environ["PATH"], **program.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds + _SLACK_SECONDS,
            check=False,
        )

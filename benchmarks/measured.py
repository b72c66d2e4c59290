"""A server under load, and the CPU time that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.cores import Cores


@dataclass(frozen=True, slots=True)
class Measured:
    """A server under load: its cores and its processes, including their children."""

    url: str
    cores: Cores
    pids: Sequence[int]


def cpu_seconds(what: Measured) -> float:
    """Return the CPU time of all processes of a server so far."""
    total = 0.0
    for pid in what.pids:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total

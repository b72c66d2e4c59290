"""When and where the kernel lets a worker's threads run."""

from __future__ import annotations

import os
from contextlib import suppress


def let_threads_finish() -> None:
    """Have threads that wake up wait for the one that runs, until its time slice ends.

    Otherwise each that is woken by an answer interrupts whoever signs the next one, only to find
    that the interpreter is taken. For threads that are started afterwards (``SCHED_BATCH`` in
    sched(7), which asks for no privilege); a system without it goes on as it was.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_to_share(worker: int, workers: int) -> None:
    """Keep this process to its share of the CPUs that all workers may use together.

    Otherwise its threads are spread over all of them, and one that should hand on to the next waits
    behind another worker's, while the CPU that it came from is idle. A system that cannot be told
    goes on as it was.
    """
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, share_of(os.sched_getaffinity(0), worker, workers))


def share_of(usable: set[int], worker: int, workers: int) -> set[int]:
    """Return the CPUs of a worker, counted from 0: with fewer than workers, all of them."""
    cpus, count = sorted(usable), len(usable)
    if count < workers:
        return set(cpus)
    return set(cpus[worker * count // workers : (worker + 1) * count // workers])

"""Kernel scheduling of a worker's threads: policy and CPU affinity."""

from __future__ import annotations

import os
from contextlib import suppress


def disable_wakeup_preemption() -> None:
    """Set ``SCHED_BATCH`` (sched(7)): a thread that wakes up does not preempt the running one.

    Otherwise each thread woken by a response preempts the thread that signs the next one, only to
    wait for the interpreter. Applies to threads that are started afterwards; needs no privilege. No
    effect on a system without this policy.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def bind_to_share(worker: int, workers: int) -> None:
    """Bind this process to its share of the CPUs that all workers may use.

    Otherwise the kernel spreads its threads over all of them, and a thread that has to hand over
    waits behind another worker's, while its previous CPU is idle. No effect on a system without CPU
    affinity.
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

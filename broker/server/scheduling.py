"""How the kernel gives a worker's threads their turns."""

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

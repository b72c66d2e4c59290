"""When and where the kernel lets a thread run."""

from __future__ import annotations

import os


def policy() -> int | None:
    """Return this thread's policy, None where there is no such thing."""
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None

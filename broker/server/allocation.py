"""Where threads take their memory from."""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
"""mallopt(3), glibc's malloc.h."""


def share_one_arena() -> None:
    """Have all threads of this process, and of those forked from it, share one arena of malloc.

    glibc gives each thread one of its own, and what one has freed is of no use to the others
    (decision 0030). Whoever set ``MALLOC_ARENA_MAX`` keeps that number; a system without arenas
    goes on as it was.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 1)

"""Assignment of cores, so that load and server always disturb each other in the same way."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Cores = tuple[int, ...]


def all_cores() -> Cores:
    """Return the first two cores that this process may use; one if there is only one."""
    return tuple(sorted(os.sched_getaffinity(0)))[:2]


def client_core() -> Cores:
    """Return the core of the load generator."""
    return all_cores()[:1]


def server_core() -> Cores:
    """Return the core of a server on a single core."""
    return all_cores()[-1:]


@contextmanager
def pinned_to(cores: Collection[int]) -> Iterator[None]:
    """Start processes on these cores: they inherit this thread's set of cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)

"""The threads of a worker: those that serve, and additional ones in which requests wait.

Each function receives the setting ``threads``, which is also the number of database connections.
Broker calls, grants, logins and administration requests wait in threads of their own, so that none
can starve another.
"""

from __future__ import annotations


def waiting_calls(threads: int) -> int:
    """Return how many broker calls may wait."""
    return threads * 4


def active_grants(threads: int) -> int:
    """Return how many user grants a process handles concurrently (D-50)."""
    return max(1, threads // 2)


def assertions_at_providers(threads: int) -> int:
    """Return how many user grants may wait for an identity provider (D-50, TH-10)."""
    return max(1, active_grants(threads) // 4)


def waiting_grants(threads: int) -> int:
    """Return how many token requests for users may wait."""
    return threads * 2


def active_logins(threads: int) -> int:
    """Return how many passwords of logins a process checks concurrently (D-50)."""
    return max(1, threads // 4)


def waiting_logins(threads: int) -> int:
    """Return how many logins with a password may wait.

    Three quarters of them may be of one network, whose users often begin their day together.
    """
    return threads * 3


def active_administration(threads: int) -> int:
    """Return how many requests to the administration APIs a process handles concurrently."""
    return max(1, threads // 4)


def waiting_administration(threads: int) -> int:
    """Return how many requests to the administration APIs may wait."""
    return threads * 2


def threads_of_worker(threads: int) -> int:
    """Return the number of threads of a worker."""
    waiting = (waiting_calls, waiting_grants, waiting_logins, waiting_administration)
    return threads + sum(each(threads) for each in waiting)

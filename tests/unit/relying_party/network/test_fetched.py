"""The cache of what providers publish (I-33, D-51)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from broker.errors import ProviderUnavailable
from broker.relying_party.network.connection import Budget
from broker.relying_party.network.fetched import FAILED_FOR, REFRESHED_AFTER, USED_FOR, FetchedCache

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGET = Budget(60)


class Time:
    """A monotonic clock."""

    now = 0.0

    def __call__(self) -> float:
        """Return the set time."""
        return self.now


def returning(value: str, size: int = 10) -> Callable[[Budget], tuple[str, int]]:
    return lambda _: (value, size)


def failing(error: ProviderUnavailable) -> Callable[[Budget], tuple[str, int]]:
    def fetch(_: Budget) -> tuple[str, int]:
        raise error

    return fetch


def test_a_value_is_kept_for_an_hour() -> None:
    time = Time()
    cache = FetchedCache[str](time)
    assert cache.get("u", returning("a"), BUDGET) == "a"
    assert cache.get("u", returning("b"), BUDGET) == "a"
    time.now += USED_FOR
    assert cache.get("u", returning("b"), BUDGET) == "b"


def test_a_refresh_runs_beside_the_request() -> None:
    time, fetched = Time(), threading.Event()
    cache = FetchedCache[str](time)
    cache.get("u", returning("a"), BUDGET)
    time.now += REFRESHED_AFTER
    threads = []

    def fetch(budget: Budget) -> tuple[str, int]:
        assert budget is not BUDGET
        threads.append(threading.current_thread())
        fetched.set()
        return "b", 10

    assert cache.get("u", fetch, BUDGET) == "a"
    assert fetched.wait(10)
    threads[0].join(10)
    assert threads[0] is not threading.main_thread()
    assert cache.get("u", fetch, BUDGET) == "b"
    assert len(threads) == 1


def test_a_failed_refresh_keeps_the_value() -> None:
    time = Time()
    cache = FetchedCache[str](time)
    cache.get("u", returning("a"), BUDGET)
    time.now += REFRESHED_AFTER
    assert cache.get("u", failing(ProviderUnavailable("x")), BUDGET) == "a"
    assert cache.get("u", returning("b"), BUDGET) in {"a", "b"}


def test_a_failure_is_remembered_for_seconds_unless_the_server_is_busy() -> None:
    time = Time()
    cache = FetchedCache[str](time)
    with pytest.raises(ProviderUnavailable):
        cache.get("u", failing(ProviderUnavailable("no connection")), BUDGET)
    with pytest.raises(ProviderUnavailable) as again:
        cache.get("u", returning("a"), BUDGET)
    assert "no connection" in again.value.reason
    time.now += FAILED_FOR
    assert cache.get("u", returning("a"), BUDGET) == "a"
    with pytest.raises(ProviderUnavailable):
        cache.get("v", failing(ProviderUnavailable("busy", is_busy=True)), BUDGET)
    assert cache.get("v", returning("a"), BUDGET) == "a"


def test_the_bytes_are_bounded() -> None:
    cache = FetchedCache[str](Time(), max_bytes=25)
    for name in ("a", "b", "c"):
        cache.get(name, returning(name), BUDGET)
    assert cache.age("a") == float("inf")
    assert cache.age("c") == 0
    assert cache.get("huge", returning("x", 100), BUDGET) == "x"
    assert cache.age("huge") == float("inf")

"""The remaining time of a request: one budget for all waits (D-20)."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from broker.runtime import deadline
from broker.runtime.deadline import clear_deadline, seconds_left, set_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A fake clock."""
    time = [100.0]
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: time[0]))
    yield time
    clear_deadline()


@pytest.mark.parametrize(("passed", "left"), [(0.0, 5.0), (3.0, 2.0), (5.0, 0.01), (9.0, 0.01)])
def test_the_remaining_time_shrinks_and_is_never_zero(
    now: list[float], passed: float, left: float
) -> None:
    """Zero would mean no timeout to some drivers."""
    set_deadline(5.0)
    now[0] += passed
    assert seconds_left(default=30.0) == left


def test_without_a_deadline_the_caller_s_own_limit_counts(now: list[float]) -> None:
    assert seconds_left(default=30.0) == 30.0
    set_deadline(5.0)
    clear_deadline()
    assert seconds_left(default=30.0) == 30.0


def test_other_threads_have_deadlines_of_their_own(now: list[float]) -> None:
    set_deadline(5.0)
    found: list[float] = []
    other = threading.Thread(target=lambda: found.append(seconds_left(default=30.0)))
    other.start()
    other.join()
    assert found == [30.0]

"""Counts per key in windows of one minute."""

from __future__ import annotations

from broker.runtime.rate_window import WINDOW_SECONDS, RateWindow


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_events_past_the_limit_have_to_wait_for_the_window_s_end() -> None:
    clock = Clock()
    window = RateWindow(3, clock=clock)
    assert [window.count("k") for _ in range(3)] == [0, 0, 0]
    clock.seconds += 10
    assert window.count("k") == WINDOW_SECONDS - 10
    clock.seconds += WINDOW_SECONDS - 10
    assert window.count("k") == 0


def test_keys_are_counted_apart() -> None:
    window = RateWindow(1)
    assert (window.count("a"), window.count("b")) == (0, 0)
    assert window.count("a") > 0


def test_memory_is_bounded_and_the_latest_are_remembered() -> None:
    window = RateWindow(1, max_keys=10)
    window.count("steady")
    for number in range(1000):
        window.count(number)
        assert window.count("steady") > 0
    assert len(window) == 10

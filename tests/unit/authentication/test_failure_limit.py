"""The limit for failed authentications: per address and client (D-37)."""

from __future__ import annotations

from broker.authentication.failure_limit import FailureLimit
from broker.runtime.rate_window import WINDOW_SECONDS


def test_failures_past_the_limit_have_to_wait_for_the_window_s_end() -> None:
    seconds = 1000.0
    limit = FailureLimit(3, clock=lambda: seconds)
    assert [limit.failed("a", "c") for _ in range(3)] == [0, 0, 0]
    seconds += 10
    assert limit.failed("a", "c") == WINDOW_SECONDS - 10


def test_other_addresses_and_other_clients_are_not_concerned() -> None:
    limit = FailureLimit(1)
    limit.failed("a", "c")
    assert limit.failed("a", "c") > 0
    assert limit.failed("b", "c") == 0
    assert limit.failed("a", "d") == 0


def test_memory_is_bounded() -> None:
    limit = FailureLimit(1, max_keys=10)
    for number in range(1000):
        limit.failed("a", f"c{number}")
    assert len(limit) == 10


def test_failures_may_be_counted_per_address_alone() -> None:
    limit = FailureLimit(1)
    assert [limit.failed("a") > 0, limit.failed("a") > 0, limit.failed("b") > 0] == [
        False,
        True,
        False,
    ]


def test_zero_means_no_limit() -> None:
    limit = FailureLimit(0)
    assert {limit.failed("a", "c") for _ in range(100)} == {0}
    assert len(limit) == 0

"""The clock of this machine."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.clock import SystemClock


def test_the_time_is_now_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC

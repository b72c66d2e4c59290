"""Times in bodies."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.api.times import shown_time


def test_times_have_milliseconds_and_the_offset() -> None:
    time = datetime(2026, 7, 7, 9, 54, 36, 13_999, tzinfo=UTC)
    assert shown_time(time) == "2026-07-07T09:54:36.013+00:00"

"""Use is counted for the day of the use, not of the write (D-22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broker.credentials.usage import DailyUse, UsageCounts

BEFORE = datetime(2030, 1, 1, 23, 59, 59, 999_999, tzinfo=UTC)
MIDNIGHT = datetime(2030, 1, 2, tzinfo=UTC)
FIRST, SECOND = BEFORE.toordinal(), MIDNIGHT.toordinal()


def test_each_day_has_its_own_numbers() -> None:
    counts = UsageCounts()
    counts.accept(1, BEFORE, by_previous_secret=False)
    counts.refuse(1, BEFORE)
    counts.accept(1, MIDNIGHT, by_previous_secret=True)
    # A thread that was delayed after it had read the clock.
    counts.accept(1, BEFORE, by_previous_secret=False)
    days = {FIRST: DailyUse(2, 1), SECOND: DailyUse(1, 0)}
    [usage] = counts.take().values()
    assert (usage.accepted, usage.refused) == (3, 1)
    assert (usage.last_used_at, usage.previous_used_at) == (BEFORE, MIDNIGHT)
    assert usage.days == days
    assert counts.take() == {}


def test_counts_that_are_put_back_keep_their_day() -> None:
    counts = UsageCounts()
    counts.accept(1, BEFORE, by_previous_secret=False)
    taken = counts.take()
    counts.accept(1, MIDNIGHT + timedelta(hours=5), by_previous_secret=False)
    counts.put_back(taken)
    assert counts.take()[1].days == {FIRST: DailyUse(1, 0), SECOND: DailyUse(1, 0)}
    assert taken[1].days == {FIRST: DailyUse(1, 0)}

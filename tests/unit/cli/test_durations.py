"""Durations and points in time as command-line values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import click
import pytest

from broker.cli.durations import Duration, Moment


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0", timedelta(0)),
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("36500d", timedelta(days=36_500)),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, span: timedelta) -> None:
    assert Duration().convert(text, None, None) == span
    assert Duration().convert(span, None, None) == span


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-1d", "1.5h", "7D", "7 d", "36501d", "9999999999s", "7y"]
)
def test_other_texts_are_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T10:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T10:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00+02:00", datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_time_without_zone_is_utc(text: str, moment: datetime) -> None:
    found = Moment().convert(text, None, None)
    assert found == Moment().convert(found, None, None) == moment
    assert found.tzinfo is not None


def test_a_duration_is_a_time_in_the_past() -> None:
    before = datetime.now(UTC)
    found = Moment().convert("7d", None, None)
    assert before <= found + timedelta(days=7) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "7y", "36501d"])
def test_other_texts_are_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Moment().convert(text, None, None)

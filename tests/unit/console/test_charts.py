"""The geometry of charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from broker.console.charts import (
    HEIGHT,
    SPARK_HEIGHT,
    SPARK_WIDTH,
    WIDTH,
    Series,
    Span,
    spark,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_bars_of_a_small_chart() -> None:
    bars = spark([0, 5, 10, 1])
    assert [bar.height for bar in bars] == [0, SPARK_HEIGHT / 2, SPARK_HEIGHT, 2.4]
    assert [bar.x for bar in bars] == [0, 30, 60, 90]
    assert all(bar.y + bar.height == SPARK_HEIGHT for bar in bars)
    assert bars[-1].x + bars[-1].width <= SPARK_WIDTH


def test_a_small_number_is_visible() -> None:
    assert spark([1, 1_000_000])[0].height == 1


def test_no_numbers() -> None:
    assert spark([]) == []
    assert [bar.height for bar in spark([0, 0])] == [0, 0]


def test_stacked_bars() -> None:
    days = (date(2030, 1, 1), date(2030, 1, 2))
    series = Series(days, {"a": (1, 3), "b": (1, 0)})
    assert series.highest == 3
    first_a, first_b, second = series.bars()
    assert (first_a.series, first_b.series, second.series) == (0, 1, 0)
    assert abs(first_b.y + first_b.height - first_a.y) < 0.02  # rounded
    assert (second.y, second.height) == (0, HEIGHT)
    assert second.x == WIDTH / 2


def test_no_days() -> None:
    assert Series((), {"a": ()}).bars() == []
    assert Series((), {}).highest == 0


def test_positions_on_a_timeline() -> None:
    horizon = timedelta(days=100)
    span = Span("x", NOW - timedelta(days=5), NOW + timedelta(days=25))
    assert span.position(NOW, horizon) == (0, 25)
    assert Span("x", NOW, NOW + timedelta(days=500)).position(NOW, horizon) == (0, 100)
    ended = Span("x", NOW - timedelta(days=9), NOW - timedelta(days=5))
    assert ended.position(NOW, horizon) == (0, 0)

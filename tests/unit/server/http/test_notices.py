"""Events are counted, and logged rarely."""

from __future__ import annotations

from structlog.testing import capture_logs

from broker.server.http.notices import Notices


def test_each_event_is_counted_and_each_kind_is_logged_once_a_minute() -> None:
    counted: list[str] = []
    now = [100.0]
    notices = Notices(counted.append, lambda: now[0])
    with capture_logs() as entries:
        notices.warn("a", "the first", number=1)
        notices.warn("a", "the first", number=2)
        notices.warn("b", "the second")
        notices.count("c")
        now[0] += 60
        notices.warn("a", "the first", number=3)
    assert counted == ["a", "a", "b", "c", "a"]
    assert [(entry["event"], entry.get("number")) for entry in entries] == [
        ("the first", 1),
        ("the second", None),
        ("the first", 3),
    ]

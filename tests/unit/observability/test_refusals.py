"""Counts of failed authentications on their way to the trail (D-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from broker.authentication.refused_attempts import RefusedAttempts
from broker.errors import AuthenticationFailed, StoreUnavailable
from broker.observability.refusals import OTHERS, RefusalCounts
from tests.support.domain import FakeClock

WRONG = AuthenticationFailed("wrong secret", credential_id=255)
UNKNOWN = AuthenticationFailed("unknown client")


@dataclass
class Trail:
    """Keeps added counts, or fails as an unavailable database does."""

    added: list[RefusedAttempts] = field(default_factory=list)
    is_available: bool = True

    def add(self, refused: Sequence[RefusedAttempts]) -> None:
        """Add the counts."""
        if not self.is_available:
            raise StoreUnavailable("away")
        self.added += refused


def test_failures_are_counted_by_credential_or_else_by_address() -> None:
    trail, notified = Trail(), list[bool]()
    counts = RefusalCounts(trail, FakeClock(), lambda: notified.append(True))
    for error, address in ((WRONG, "1.1.1.1"), (WRONG, "2.2.2.2"), (UNKNOWN, "1.1.1.1")):
        counts.refused(error, address, f"client of {address}")
    assert counts.flush() is False
    assert [(each.source, each.attempts, each.client_id) for each in trail.added] == [
        ("address 1.1.1.1", 1, "client of 1.1.1.1"),
        ("credential ff", 2, "client of 1.1.1.1"),
    ]
    assert len(notified) == 3


def test_each_minute_has_its_own_counts() -> None:
    trail, clock = Trail(), FakeClock()
    counts = RefusalCounts(trail, clock, lambda: None)
    for _ in range(2):
        counts.refused(UNKNOWN, "1.1.1.1", "")
        clock.advance(minutes=1)
    counts.flush()
    assert [each.attempts for each in trail.added] == [1, 1]


def test_sources_beyond_the_bound_are_counted_together() -> None:
    trail = Trail()
    counts = RefusalCounts(trail, FakeClock(), lambda: None)
    for number in range(150):
        counts.refused(UNKNOWN, f"10.0.0.{number}", "client")
    counts.flush()
    [others] = [each for each in trail.added if each.source == OTHERS]
    assert (others.attempts, others.client_id, len(trail.added)) == (50, "", 101)


def test_counts_that_cannot_be_stored_are_lost() -> None:
    trail = Trail(is_available=False)
    counts = RefusalCounts(trail, FakeClock(), lambda: None)
    counts.refused(UNKNOWN, "1.1.1.1", "")
    with capture_logs() as entries:
        counts.flush()
    trail.is_available = True
    counts.flush()
    assert [(entry["log_level"], entry["rows"]) for entry in entries] == [("warning", 1)]
    assert trail.added == []

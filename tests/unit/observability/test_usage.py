"""The recorder hands over what it counted, and says once that a day has begun (D-22)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from broker.authentication.client import AuthenticatedClient
from broker.credentials.usage import DailyUse, Usage
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed, StoreUnavailable
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.observability.usage import UsageRecorder
from tests.support.domain import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER = 3600.0
FIRST, SECOND = date(2030, 1, 1), date(2030, 1, 2)
CLIENT = AuthenticatedClient(
    Client(
        row_id=1,
        zone=Zone(1, 1, "guid", "zone", 1),
        client_id="sb-app",
        app_id="app",
        service_instance_guid="i",
        credential_types=(CredentialType.BINDING_SECRET,),
        authorities=(),
        grant_types=(),
        token_validity=None,
        accepts_grants=False,
        epoch=1,
    ),
    credential_id=7,
    credential_type=CredentialType.BINDING_SECRET,
    revocation_signature="",
)


@dataclass
class Written:
    """Keeps what a recorder writes, or fails as a database that is away does."""

    counts: list[Mapping[int, Usage]] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    is_away: bool = False

    def write(self, counts: Mapping[int, Usage]) -> Mapping[int, Usage]:
        """Write everything."""
        self._require_database()
        self.counts.append(counts)
        return {}

    def begin_day(self, day: date) -> None:
        """Note the day, also when it fails."""
        self.days.append(day)
        self._require_database()

    def _require_database(self) -> None:
        if self.is_away:
            raise StoreUnavailable("away")


def a_recorder(written: Written, clock: FakeClock) -> UsageRecorder:
    return UsageRecorder(written.write, written.begin_day, clock, NEVER)


def test_counts_that_could_not_be_written_for_hours_belong_to_their_day() -> None:
    written, clock = Written(is_away=True), FakeClock(datetime(2030, 1, 1, 23, tzinfo=UTC))
    recorder = a_recorder(written, clock)
    used = clock.now()
    recorder.accepted(CLIENT)
    recorder.refused(AuthenticationFailed("wrong", credential_id=7))
    recorder.refused(AuthenticationFailed("no such client"))
    recorder.write_down()
    clock.advance(hours=5)
    recorder.refused(AuthenticationFailed("wrong", credential_id=7))
    recorder.write_down()
    written.is_away = False
    recorder.write_down()
    days = {FIRST.toordinal(): DailyUse(1, 1), SECOND.toordinal(): DailyUse(0, 1)}
    [counts] = written.counts
    assert (counts[7].accepted, counts[7].refused, counts[7].last_used_at) == (1, 2, used)
    assert counts[7].days == days


def test_each_day_begins_once() -> None:
    written, clock = Written(), FakeClock(datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC))
    recorder = a_recorder(written, clock)
    for _ in range(3):
        recorder.accepted(CLIENT)
        recorder.write_down()
    assert written.days == [FIRST]
    clock.advance(seconds=1)
    for _ in range(3):
        recorder.write_down()
    assert written.days == [FIRST, SECOND]


def test_a_day_that_cannot_begin_fails_no_writing() -> None:
    written, clock = Written(), FakeClock()
    recorder = a_recorder(written, clock)
    written.is_away = True
    with capture_logs() as entries:
        recorder.write_down()
    assert [(entry["log_level"], entry["event"]) for entry in entries] == [
        ("warning", "number of credentials not written")
    ]
    written.is_away = False
    recorder.accepted(CLIENT)
    recorder.write_down()
    assert len(written.counts) == 1
    # Housekeeping tries again, each hour; not every worker every few seconds.
    assert written.days == [FIRST]

"""The recorder writes its counts (D-22)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

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
    """Keeps the recorder's writes, or fails as an unavailable database does."""

    counts: list[Mapping[int, Usage]] = field(default_factory=list)
    notified: int = 0
    is_away: bool = False

    def write(self, counts: Mapping[int, Usage]) -> Mapping[int, Usage]:
        """Write everything."""
        if self.is_away:
            raise StoreUnavailable("away")
        self.counts.append(counts)
        return {}

    def notify(self) -> None:
        """Count the call."""
        self.notified += 1


def a_recorder(written: Written, clock: FakeClock) -> UsageRecorder:
    return UsageRecorder(written.write, clock, written.notify)


def test_counts_that_could_not_be_written_for_hours_belong_to_their_day() -> None:
    written, clock = Written(is_away=True), FakeClock(datetime(2030, 1, 1, 23, tzinfo=UTC))
    recorder = a_recorder(written, clock)
    used = clock.now()
    recorder.accepted(CLIENT)
    recorder.refused(AuthenticationFailed("wrong", credential_id=7))
    recorder.refused(AuthenticationFailed("no such client"))
    assert not recorder.flush()
    clock.advance(hours=5)
    recorder.refused(AuthenticationFailed("wrong", credential_id=7))
    assert not recorder.flush()
    written.is_away = False
    assert not recorder.flush()
    days = {FIRST.toordinal(): DailyUse(1, 1), SECOND.toordinal(): DailyUse(0, 1)}
    [counts] = written.counts
    assert (counts[7].accepted, counts[7].refused, counts[7].last_used_at) == (1, 2, used)
    assert counts[7].days == days
    # The refusal of an unknown client costs the same, and is not written.
    assert written.notified == 4
    assert set(counts) == {7}


def test_unwritten_counts_are_kept_for_the_next_flush() -> None:
    calls: list[Mapping[int, Usage]] = []

    def locked_once(counts: Mapping[int, Usage]) -> Mapping[int, Usage]:
        calls.append(counts)
        return counts if len(calls) == 1 else {}

    recorder = UsageRecorder(locked_once, FakeClock(), lambda: None)
    recorder.accepted(CLIENT)
    assert [recorder.flush(), recorder.flush(), recorder.flush()] == [True, False, False]
    assert [counts[7].accepted for counts in calls] == [1, 1]

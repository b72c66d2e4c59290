"""Counts of failed authentications: exact, merged, and bounded (D-23)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from broker.authentication.refused_attempts import RefusedAttempts
from broker.errors import AuthenticationFailed
from broker.observability.refusals import OTHERS, RefusalCounts
from broker.store.credentials import refused_attempts
from broker.store.credentials.refusal_trail import StoredRefusals
from broker.store.tables.tokens import refused_attempt
from tests.support.domain import FakeClock

if TYPE_CHECKING:
    from tests.support.domain import Domain

WRONG = AuthenticationFailed("wrong secret", credential_id=255)
UNKNOWN = AuthenticationFailed("unknown client")


@pytest.fixture
def trail(domain: Domain) -> StoredRefusals:
    return StoredRefusals(domain.engine, domain.transactions)


def found(trail: StoredRefusals) -> dict[tuple[str, str], int]:
    return {(row.source, row.reason): row.attempts for row in trail.newest(1000)}


def test_attempts_are_counted_by_credential_or_address(trail: StoredRefusals) -> None:
    clock = FakeClock()
    counts = RefusalCounts(trail, clock, lambda: None)
    for error, address in ((WRONG, "1.1.1.1"), (WRONG, "2.2.2.2"), (UNKNOWN, "1.1.1.1")):
        counts.refused(error, address, "sb-app!t1")
    counts.flush()
    counts.refused(UNKNOWN, "1.1.1.1", "sb-other!t1")
    counts.flush()
    counts.flush()
    assert found(trail) == {
        ("credential ff", "wrong secret"): 2,
        ("address 1.1.1.1", "unknown client"): 2,
    }
    assert {row.client_id for row in trail.newest(10)} == {"sb-app!t1"}
    clock.advance(minutes=1)
    counts.refused(UNKNOWN, "1.1.1.1", "sb-other!t1")
    counts.flush()
    assert [row.attempts for row in trail.newest(1)] == [1]


def test_a_flood_from_many_addresses_becomes_few_rows(trail: StoredRefusals) -> None:
    counts = RefusalCounts(trail, FakeClock(), lambda: None)
    for number in range(5000):
        counts.refused(UNKNOWN, f"10.0.{number // 250}.{number % 250}", f"sb-x{number}!t1")
    counts.flush()
    rows = trail.newest(10_000)
    assert len(rows) <= 101
    assert sum(row.attempts for row in rows) == 5000
    assert OTHERS in {row.source for row in rows}


def test_processes_add_to_the_same_rows(trail: StoredRefusals) -> None:
    rows = [
        RefusedAttempts(FakeClock().now(), f"address {number}", "r", "", 1) for number in range(5)
    ]
    with ThreadPoolExecutor(6) as processes:
        list(processes.map(lambda _: trail.add(rows), range(12)))
    assert set(found(trail).values()) == {12}


def test_the_table_is_bounded(
    trail: StoredRefusals, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_attempts, "MAX_ROWS", 50)
    start = FakeClock().now()
    for minute in range(20):
        at = start + timedelta(minutes=minute)
        trail.add([RefusedAttempts(at, f"address {number}", "r", "", 1) for number in range(10)])
        with domain.engine.connect() as connection:
            rows = connection.execute(select(func.count(refused_attempt.c.minute))).scalar_one()
        assert rows <= 50
    assert trail.newest(1)[0].minute == at

"""Counts of failed authentications, added to those of other processes and read back (D-23)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broker.authentication.refused_attempts import RefusedAttempts
from broker.store.credentials.refusal_trail import StoredRefusals
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.support.domain import Domain


def attempts(minutes: int, count: int, source: str = "192.0.2.1") -> RefusedAttempts:
    at = START + timedelta(minutes=minutes)
    return RefusedAttempts(at, source, "wrong secret", "sb-app!t1", count)


def test_counts_add_up_and_the_newest_come_last(on_sqlite: Domain) -> None:
    trail = StoredRefusals(on_sqlite.engine, on_sqlite.transactions)
    trail.add([attempts(1, 2), attempts(0, 1)])
    trail.add([attempts(1, 3)])
    assert trail.newest(10) == [attempts(0, 1), attempts(1, 5)]
    assert trail.newest(1) == [attempts(1, 5)]
    assert StoredRefusals(on_sqlite.engine, on_sqlite.transactions).newest(0) == []

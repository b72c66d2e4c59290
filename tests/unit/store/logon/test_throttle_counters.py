"""Counters of failed logons in the database (I-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broker.authentication.passwords.throttle import (
    ADDRESS,
    NAME,
    NAME_AND_SOURCE,
    Counter,
    Slot,
)
from tests.support.users import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.domain import Domain

A, B, C = (Slot(budget.name, 7) for budget in (NAME_AND_SOURCE, ADDRESS, NAME))


def counters(domain: Domain) -> Mapping[Slot, Counter]:
    return domain.transactions.run(lambda store: store.throttle_counters.locked([A, B, C]))


def purge(domain: Domain, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    domain.transactions.run(lambda store: store.throttle_counters.purge(now))


def test_counters_are_added_subtracted_and_deleted(domain: Domain) -> None:
    later = NOW + timedelta(seconds=9)
    domain.transactions.run(lambda store: store.throttle_counters.add([A, B], NOW))
    domain.transactions.run(lambda store: store.throttle_counters.add([C, A, A], later))
    assert counters(domain) == {
        A: Counter(2, NOW, later),
        B: Counter(1, NOW, NOW),
        C: Counter(1, later, later),
    }
    for _ in range(3):
        domain.transactions.run(lambda store: store.throttle_counters.subtract([A]))
    domain.transactions.run(lambda store: store.throttle_counters.delete([B]))
    domain.transactions.run(lambda store: store.throttle_counters.subtract([]))
    domain.transactions.run(lambda store: store.throttle_counters.delete([]))
    assert {slot: counter.failures for slot, counter in counters(domain).items()} == {A: 0, C: 1}


def test_ended_counters_are_purged(domain: Domain) -> None:
    domain.transactions.run(lambda store: store.throttle_counters.add([A, B, C], NOW))
    later = NOW + timedelta(minutes=9)
    domain.transactions.run(lambda store: store.throttle_counters.add([A, B], later))
    left = []
    for minutes in (9, 10, 61, 69, 60 * 24 * 7):
        purge(domain, minutes)
        left.append(set(counters(domain)))
    assert left == [{A, B, C}, {A, C}, {A, C}, {C}, set()]

"""Budgets of failures (I-19, I-20, D-41), on both databases."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.passwords.throttle import (
    ADDRESS,
    COUNTERS,
    NAME,
    NAME_AND_SOURCE,
    Budget,
    Charge,
    Counted,
    Counter,
    Slot,
    count,
)
from broker.errors import TooManyFailures
from tests.support.digest_keys import FixedDigestKeys
from tests.support.users import NOW

if TYPE_CHECKING:
    from tests.support.domain import Domain


def after(seconds: float) -> Counter:
    return Counter(3, NOW - timedelta(seconds=seconds), NOW - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("budget", "failures", "wait"),
    [
        (NAME_AND_SOURCE, 4, 0),
        (NAME_AND_SOURCE, 5, 2),
        (NAME_AND_SOURCE, 6, 4),
        (NAME_AND_SOURCE, 13, 512),
        (NAME_AND_SOURCE, 14, 900),
        (NAME_AND_SOURCE, 2_000_000_000, 900),
        (ADDRESS, 49, 0),
        (ADDRESS, 50, 600),
        (NAME, 99, 0),
        (NAME, 100, 60),
        (NAME, 500, 60),
    ],
)
def test_the_delay_grows_to_a_limit_and_never_locks(
    budget: Budget, failures: int, wait: int
) -> None:
    counter = Counter(failures, NOW, NOW)
    assert budget.wait(counter, NOW) == wait
    assert budget.wait(counter, NOW + timedelta(seconds=wait)) == 0
    assert not budget.has_ended(counter, NOW)
    assert budget.has_ended(counter, NOW + budget.kept)
    assert budget.wait(None, NOW) == 0


def attempt(domain: Domain, *charges: Charge, seconds: float = 0) -> Counted:
    now = NOW + timedelta(seconds=seconds)
    return domain.transactions.run(lambda store: count(store, FixedDigestKeys(), charges, now))


def counters(domain: Domain) -> int:
    with domain.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM throttle_counter").scalar_one())


def test_failures_are_counted_before_the_check_and_cleared_by_a_success(domain: Domain) -> None:
    charge = Charge(NAME_AND_SOURCE, ("anna", "10.0.0.0/24"))
    for _ in range(5):
        counted = attempt(domain, charge)
    with pytest.raises(TooManyFailures, match="try again in 2 seconds") as found:
        attempt(domain, charge)
    assert found.value.retry_after == 2
    attempt(domain, Charge(NAME_AND_SOURCE, ("bert", "10.0.0.0/24")))
    attempt(domain, charge, seconds=2)
    with pytest.raises(TooManyFailures, match="try again in 4 seconds"):
        attempt(domain, charge, seconds=2)
    domain.transactions.run(counted.succeed)
    attempt(domain, charge, seconds=2)


def test_a_refused_attempt_counts_in_no_budget(domain: Domain) -> None:
    """One address cannot fill the budget of a name."""
    small = Budget("source", 1, timedelta(hours=1), lambda _: 10.0)
    name = Charge(NAME, ("anna",))
    attempt(domain, Charge(small, ("a",)), name)
    for _ in range(200):
        with pytest.raises(TooManyFailures, match="in 10 seconds"):
            attempt(domain, Charge(small, ("a",)), name)
    attempt(domain, Charge(small, ("b",)), name)


def test_windows_end_and_lose_one_failure_by_a_success(domain: Domain) -> None:
    window = Budget("address", 2, timedelta(minutes=10))
    charge = Charge(window, ("10.0.0.0/24",))
    attempt(domain, charge)
    counted = attempt(domain, charge, seconds=300)
    with pytest.raises(TooManyFailures, match="in 300 seconds"):
        attempt(domain, charge, seconds=300)
    domain.transactions.run(counted.succeed)
    attempt(domain, charge, seconds=300)
    attempt(domain, charge, seconds=600)
    attempt(domain, charge, seconds=600)
    with pytest.raises(TooManyFailures):
        attempt(domain, charge, seconds=600)


def test_a_budget_may_only_count(on_sqlite: Domain) -> None:
    small = Budget("name", 1, timedelta(hours=1), lambda _: 60.0)
    for _ in range(3):
        attempt(on_sqlite, Charge(small, ("anna",), is_enforced=False))
    with pytest.raises(TooManyFailures):
        attempt(on_sqlite, Charge(small, ("anna",)))


def test_an_attempt_that_was_not_checked_is_taken_back(domain: Domain) -> None:
    small = Budget("source", 1, timedelta(hours=1), lambda _: 60.0)
    domain.transactions.run(attempt(domain, Charge(small, ("a",))).undo)
    attempt(domain, Charge(small, ("a",)))
    with pytest.raises(TooManyFailures):
        attempt(domain, Charge(small, ("a",)))


def test_invented_names_need_no_rows_of_their_own(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COUNTERS == 65_536
    monkeypatch.setattr("broker.authentication.passwords.throttle.COUNTERS", 8)
    many = Budget("source", 10_000, timedelta(hours=1), lambda _: 1.0)
    for number in range(100):
        attempt(on_sqlite, Charge(many, (str(number),)))
    assert counters(on_sqlite) == 8


@pytest.mark.parametrize(("before", "is_refused"), [(4, False), (5, True)])
def test_failures_of_concurrent_attempts_count(before: int, *, is_refused: bool) -> None:
    """I-19: a counter that does not exist yet cannot be locked."""

    class Concurrent:
        throttle_counters: Any

        def locked(self, _: object) -> dict[Slot, Counter]:
            return {}

        def add(self, slots: tuple[Slot, ...], _: object) -> dict[Slot, int]:
            return dict.fromkeys(slots, before + 1)

    store: Any = Concurrent()
    store.throttle_counters = store
    charges = [Charge(NAME_AND_SOURCE, ("zone", "anna", "network"))]
    with pytest.raises(TooManyFailures) if is_refused else nullcontext():
        count(store, FixedDigestKeys(), charges, NOW)

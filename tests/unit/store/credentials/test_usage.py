"""Usage counts are written without losses and without waiting for locks (D-22)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, event, select

from broker.credentials.usage import DailyUse, Usage, UsageCounts
from broker.errors import StoreUnavailable
from broker.store.credentials import usage as usage_module
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import credential
from broker.store.tables.usage import credential_daily_use, credential_usage

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.support.domain import Domain

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


def credentials(domain: Domain, count: int) -> list[int]:
    """Create this number of bindings; return the ids of their credentials in order."""
    domain.provision("i", {"xsappname": "app"} | TYPES)
    for number in range(count):
        domain.bind("i", f"b{number}")
    with domain.engine.connect() as connection:
        return sorted(connection.execute(select(credential.c.id)).scalars())


def written(domain: Domain) -> dict[int, Usage]:
    """Return the rows of the table."""
    with domain.engine.connect() as connection:
        return {
            row.credential_row_id: Usage(
                row.accepted, row.refused, row.last_used_at, row.previous_used_at
            )
            for row in connection.execute(select(credential_usage))
        }


def written_by_day(domain: Domain) -> dict[tuple[int, date], DailyUse]:
    """Return the rows of the table of days."""
    with domain.engine.connect() as connection:
        return {
            (row.credential_row_id, row.day): DailyUse(row.accepted, row.refused)
            for row in connection.execute(select(credential_daily_use))
        }


def use(accepted: int = 0, refused: int = 0, *, at: datetime = NOON) -> Usage:
    """Return this number of uses and refusals at one time."""
    last_used_at = at if accepted else None
    return Usage(accepted, refused, last_used_at, day=at.toordinal())


def test_counts_add_up_and_times_only_go_forward(domain: Domain) -> None:
    [one] = credentials(domain, 1)
    write_usage(domain.engine, {one: Usage(accepted=2, last_used_at=NOON)})
    write_usage(domain.engine, {one: Usage(refused=3)})
    write_usage(
        domain.engine,
        {one: Usage(accepted=1, last_used_at=NOON - timedelta(days=1), previous_used_at=NOON)},
    )
    assert written(domain) == {one: Usage(3, 3, NOON, NOON)}


def test_counts_of_a_deleted_credential_are_dropped(domain: Domain) -> None:
    one, two = credentials(domain, 2)
    write_usage(domain.engine, {one: Usage(accepted=1), two: Usage(accepted=1)})
    with domain.engine.begin() as connection:
        connection.execute(delete(credential).where(credential.c.id == one))
    assert write_usage(domain.engine, {one: Usage(refused=1), two: Usage(refused=1)}) == {}
    assert written(domain) == {two: Usage(1, 1)}


def test_rows_locked_by_an_operation_are_left_for_later(domain: Domain) -> None:
    if domain.engine.dialect.name == "sqlite":
        return  # there one writer at a time does everything
    one, two, three = credentials(domain, 3)
    write_usage(domain.engine, {two: Usage(accepted=1)})
    counts = {name: Usage(accepted=1) for name in (one, two, three)}
    with domain.engine.begin() as connection:  # an unbind of the first two
        connection.execute(delete(credential).where(credential.c.id.in_([one, two])))
        # The first is unused, the second used: the writer waits for neither.
        assert set(write_usage(domain.engine, counts)) == {one, two}
    assert write_usage(domain.engine, {one: Usage(accepted=1), two: Usage(accepted=1)}) == {}
    assert written(domain) == {three: Usage(1, 0)}


def test_concurrent_hosts_lose_no_counts(domain: Domain) -> None:
    ids = credentials(domain, 12)

    def write_all(rounds: int) -> None:
        for _ in range(rounds):
            left = {row_id: Usage(accepted=1) for row_id in ids}
            while left:
                left = write_usage(domain.engine, left)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_all, [5] * 4))
    assert written(domain) == {row_id: Usage(20, 0) for row_id in ids}


def test_uses_of_one_day_add_up(domain: Domain) -> None:
    one, two = credentials(domain, 2)
    assert write_usage(domain.engine, {one: use(2, 1), two: use(refused=1)}) == {}
    assert write_usage(domain.engine, {one: use(3, 4, at=NOON + timedelta(hours=11))}) == {}
    assert written_by_day(domain) == {
        (one, NOON.date()): DailyUse(5, 5),
        (two, NOON.date()): DailyUse(0, 1),
    }
    assert written(domain)[one] == Usage(5, 5, NOON + timedelta(hours=11))


def test_a_use_before_midnight_is_counted_for_its_day(domain: Domain) -> None:
    one, two = credentials(domain, 2)
    counts, next_noon = UsageCounts(), NOON + timedelta(days=1)
    counts.accept(one, NOON, by_previous_secret=False)
    counts.accept(two, NOON, by_previous_secret=True)
    counts.put_back(counts.take())  # the database was unavailable
    counts.accept(one, next_noon, by_previous_secret=False)
    counts.refuse(one, next_noon)
    assert write_usage(domain.engine, counts.take()) == {}
    assert written_by_day(domain) == {
        (one, NOON.date()): DailyUse(1, 0),
        (two, NOON.date()): DailyUse(1, 0),
        (one, next_noon.date()): DailyUse(1, 1),
    }
    assert written(domain)[one] == Usage(2, 1, next_noon)


def test_days_are_deleted_with_their_credential(domain: Domain) -> None:
    one, two = credentials(domain, 2)
    write_usage(domain.engine, {one: use(1), two: use(1)})
    with domain.engine.begin() as connection:
        connection.execute(delete(credential).where(credential.c.id == one))
    assert write_usage(domain.engine, {one: use(1), two: use(1)}) == {}
    assert written_by_day(domain) == {(two, NOON.date()): DailyUse(2, 0)}


def test_daily_rows_do_not_wait_for_operations(domain: Domain) -> None:
    if domain.engine.dialect.name == "sqlite":
        return  # there one writer at a time does everything
    one, two, three = credentials(domain, 3)
    write_usage(domain.engine, {one: use(1), two: use(1)})
    counts = {row_id: use(1) for row_id in (one, two, three)}
    with domain.engine.begin() as connection:
        connection.execute(delete(credential).where(credential.c.id == one))
        # Only the credential is locked, not its row of counts, to which a new daily row refers.
        held = select(credential.c.id).where(credential.c.id == two)
        connection.execute(held.with_for_update())
        assert set(write_usage(domain.engine, counts)) == {one}
    assert write_usage(domain.engine, {one: use(1)}) == {}
    assert written_by_day(domain) == {
        (two, NOON.date()): DailyUse(2, 0),
        (three, NOON.date()): DailyUse(1, 0),
    }


def test_concurrent_deletions_lose_no_other_counts(domain: Domain) -> None:
    ids = credentials(domain, 12)

    def write_all(rounds: int) -> None:
        for number in range(rounds):
            left = {row_id: use(1, at=NOON + timedelta(days=number % 2)) for row_id in ids}
            while left:
                left = write_usage(domain.engine, left)

    def unbind_half(_: int) -> None:
        for number in range(6):
            domain.unbind("i", f"b{number}")

    with ThreadPoolExecutor(4) as pool:
        unbinding = pool.submit(unbind_half, 0)
        list(pool.map(write_all, [6] * 3))
        unbinding.result()
    with domain.engine.connect() as connection:
        kept = set(connection.execute(select(credential.c.id)).scalars())
    assert len(kept) == 6
    assert {row_id: usage.accepted for row_id, usage in written(domain).items()} == dict.fromkeys(
        kept, 18
    )
    assert written_by_day(domain) == {
        (row_id, NOON.date() + timedelta(days=number)): DailyUse(9, 0)
        for row_id in kept
        for number in range(2)
    }


def test_what_is_committed_when_the_database_fails_is_not_counted_twice(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "_BATCH", 1)
    one, two = credentials(domain, 2)
    counts = {one: use(1), two: use(1)}
    write_usage(domain.engine, counts)
    begun: list[Connection] = []

    def fail_from_the_second_on(connection: Connection) -> None:
        begun.append(connection)
        if len(begun) > 1:
            raise StoreUnavailable("away")

    event.listen(domain.engine, "begin", fail_from_the_second_on)
    assert set(write_usage(domain.engine, counts)) == {two}
    with pytest.raises(StoreUnavailable):
        write_usage(domain.engine, {two: use(1)})
    event.remove(domain.engine, "begin", fail_from_the_second_on)
    assert write_usage(domain.engine, {two: use(1)}) == {}
    assert written_by_day(domain) == {
        (row_id, NOON.date()): DailyUse(2, 0) for row_id in (one, two)
    }


def test_counts_collect_from_many_threads() -> None:
    counts = UsageCounts()

    def count(_: int) -> None:
        for row_id in (1, 2, 3) * 100:
            counts.add(row_id, Usage(accepted=1, last_used_at=NOON))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    taken = counts.take()
    assert taken == {row_id: Usage(800, 0, NOON) for row_id in (1, 2, 3)}
    assert counts.take() == {}
    counts.put_back(taken)
    counts.put_back(taken)
    assert counts.take()[1] == Usage(1600, 0, NOON)

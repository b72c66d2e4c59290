"""Use of credentials is written without losing counts and without waiting for anybody (D-22)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from broker.credentials.usage import Usage, UsageCounts
from broker.store.tables.core import credential
from broker.store.tables.usage import credential_usage
from broker.store.usage import write_usage

if TYPE_CHECKING:
    from tests.support.domain import Domain

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


def credentials(domain: Domain, count: int) -> list[int]:
    """Make so many bindings; return the ids of their credentials in order."""
    domain.provision("i", {"xsappname": "app"} | TYPES)
    for number in range(count):
        domain.bind("i", f"b{number}")
    with domain.engine.connect() as connection:
        return sorted(connection.execute(select(credential.c.id)).scalars())


def written(domain: Domain) -> dict[int, Usage]:
    """Return what is in the table."""
    with domain.engine.connect() as connection:
        return {
            row.credential_row_id: Usage(
                row.accepted, row.refused, row.last_used_at, row.previous_used_at
            )
            for row in connection.execute(select(credential_usage))
        }


def test_counts_add_up_and_times_only_go_forward(domain: Domain) -> None:
    [one] = credentials(domain, 1)
    write_usage(domain.engine, {one: Usage(accepted=2, last_used_at=NOON)})
    write_usage(domain.engine, {one: Usage(refused=3)})
    write_usage(
        domain.engine,
        {one: Usage(accepted=1, last_used_at=NOON - timedelta(days=1), previous_used_at=NOON)},
    )
    assert written(domain) == {one: Usage(3, 3, NOON, NOON)}


def test_a_deleted_credential_is_passed_over(domain: Domain) -> None:
    one, two = credentials(domain, 2)
    write_usage(domain.engine, {one: Usage(accepted=1), two: Usage(accepted=1)})
    with domain.engine.begin() as connection:
        connection.execute(delete(credential).where(credential.c.id == one))
    assert write_usage(domain.engine, {one: Usage(refused=1), two: Usage(refused=1)}) == {}
    assert written(domain) == {two: Usage(1, 1)}


def test_what_a_running_operation_holds_is_left_for_later(domain: Domain) -> None:
    if domain.engine.dialect.name == "sqlite":
        return  # there one writer at a time does everything
    one, two, three = credentials(domain, 3)
    write_usage(domain.engine, {two: Usage(accepted=1)})
    counts = {name: Usage(accepted=1) for name in (one, two, three)}
    with domain.engine.begin() as connection:  # an unbind of the first two
        connection.execute(delete(credential).where(credential.c.id.in_([one, two])))
        # One was never used and two was: neither is waited for.
        assert set(write_usage(domain.engine, counts)) == {one, two}
    assert write_usage(domain.engine, {one: Usage(accepted=1), two: Usage(accepted=1)}) == {}
    assert written(domain) == {three: Usage(1, 0)}


def test_hosts_that_write_at_once_lose_nothing(domain: Domain) -> None:
    ids = credentials(domain, 12)

    def write_all(rounds: int) -> None:
        for _ in range(rounds):
            left = {row_id: Usage(accepted=1) for row_id in ids}
            while left:
                left = write_usage(domain.engine, left)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_all, [5] * 4))
    assert written(domain) == {row_id: Usage(20, 0) for row_id in ids}


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

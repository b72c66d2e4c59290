"""Credentials are counted once a day, and old history is deleted (D-22)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from broker.store.credentials.usage_history import delete_history, write_daily_count
from broker.store.database import batches
from broker.store.tables.core import credential, zone
from broker.store.tables.usage import (
    credential_daily_count,
    credential_daily_use,
    credential_usage,
)

if TYPE_CHECKING:
    import pytest

    from tests.support.domain import Domain

DAY = date(2030, 1, 1)
ORG, OTHER = "organization:org", "organization:other"
TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "x509"]}}
X509 = {"credential-type": "x509"}


def counted(domain: Domain) -> set[tuple[date, str, str, int]]:
    """Return day, zone, type and number of each row."""
    table = credential_daily_count.c
    rows = select(table.day, zone.c.external_key, table.type, table.credentials).join(zone)
    with domain.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(rows)]
    assert len(found) == len(set(found))
    return set(found)


def with_use_on(domain: Domain, days: list[date]) -> list[int]:
    """Create two credentials that were used on these days; return their ids."""
    domain.provision("i", {"xsappname": "app"} | TYPES)
    domain.bind("i", "b1")
    domain.bind("i", "b2")
    with domain.engine.begin() as connection:
        ids = sorted(connection.execute(select(credential.c.id)).scalars())
        numbers = {"accepted": 1, "refused": 0}
        of_all = [{"credential_row_id": row_id} | numbers for row_id in ids]
        connection.execute(insert(credential_usage), of_all)
        connection.execute(
            insert(credential_daily_use), [row | {"day": day} for row in of_all for day in days]
        )
    return ids


def days_with_use(domain: Domain) -> list[date]:
    """Return the day of each row."""
    days = select(credential_daily_use.c.day).order_by(credential_daily_use.c.day)
    with domain.engine.connect() as connection:
        return list(connection.execute(days).scalars())


def test_the_first_count_of_a_day_stays(domain: Domain) -> None:
    write_daily_count(domain.engine, DAY)
    assert counted(domain) == set()
    for instance, organization in (("i", "org"), ("j", "org"), ("k", "other")):
        parameters = {"xsappname": f"app-{instance}"} | TYPES
        domain.provision(instance, parameters, organization_guid=organization)
        domain.bind(instance, "b")
    domain.bind("i", "x", X509)
    write_daily_count(domain.engine, DAY)
    first = {
        (DAY, ORG, "binding-secret", 2),
        (DAY, ORG, "x509", 1),
        (DAY, OTHER, "binding-secret", 1),
    }
    assert counted(domain) == first
    domain.unbind("i", "b")
    domain.bind("k", "x", X509)
    write_daily_count(domain.engine, DAY)
    assert counted(domain) == first
    next_day = DAY + timedelta(days=1)
    write_daily_count(domain.engine, next_day)
    assert counted(domain) - first == {
        (next_day, ORG, "binding-secret", 1),
        (next_day, ORG, "x509", 1),
        (next_day, OTHER, "binding-secret", 1),
        (next_day, OTHER, "x509", 1),
    }


def test_concurrent_counts_write_one_number(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | TYPES)
    domain.bind("i", "b")
    domain.bind("i", "x", X509)
    together = Barrier(4)

    def count_days(_: int) -> None:
        for number in range(10):
            together.wait()
            write_daily_count(domain.engine, DAY + timedelta(days=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_days, range(4)))
    assert counted(domain) == {
        (DAY + timedelta(days=number), ORG, type_, 1)
        for number in range(10)
        for type_ in ("binding-secret", "x509")
    }


def test_old_days_are_deleted_in_batches(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH", 3)
    days = [DAY + timedelta(days=number) for number in range(5)]
    with_use_on(domain, days)
    for day in days:
        write_daily_count(domain.engine, day)
    assert delete_history(domain.engine, DAY) == 0
    # Four days of two credentials, and four numbers of one type.
    assert delete_history(domain.engine, days[-1]) == 4 * 2 + 4
    assert days_with_use(domain) == [days[-1]] * 2
    assert {row[0] for row in counted(domain)} == {days[-1]}


def test_old_days_of_a_credential_being_deleted_are_skipped(domain: Domain) -> None:
    if domain.engine.dialect.name == "sqlite":
        return  # there one writer at a time does everything
    one, _ = with_use_on(domain, [DAY])
    with domain.engine.begin() as connection:
        connection.execute(delete(credential).where(credential.c.id == one))
        assert delete_history(domain.engine, DAY + timedelta(days=1)) == 1
    assert days_with_use(domain) == []

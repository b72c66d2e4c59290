"""The purge of expired data of users, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from broker.server.maintenance import UserDataMaintenance
from broker.store.logon.purge import EXPIRING, purge_user_data
from broker.store.tables.core import metadata
from broker.store.tables.identity import throttle_counter
from broker.store.tables.user_grants import refresh_token, used_assertion
from tests.support.user_grants import UserGrants
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain

SECOND = timedelta(seconds=1)


def test_expired_rows_of_users_are_deleted(domain: Domain) -> None:
    """Rows without an end stay, such as passwords and assignments."""
    client = domain.provision("app", DESCRIPTOR).instance.client
    user = stored_user(domain, client.zone)
    fill(domain, user)
    with domain.engine.begin() as connection:
        values = {"assertion": "a", "expires_at": NOW}
        connection.execute(insert(used_assertion).values(values))
    before = counts(domain, user)
    assert set(before.values()) == {1}
    assert purge_user_data(domain.engine, NOW - SECOND) == {}
    assert counts(domain, user) == before
    purged = purge_user_data(domain.engine, NOW)
    assert purged == {table.name: 1 for table in EXPIRING}
    assert counts(domain, user) == {name: int(name not in purged) for name in before}


def test_refresh_tokens_are_deleted_with_their_family(domain: Domain) -> None:
    grants = UserGrants(domain)
    grants.started()
    domain.clock.advance(days=7)
    UserDataMaintenance(domain.engine, domain.clock)()
    with domain.engine.connect() as connection:
        rows = select(func.count()).select_from(refresh_token)
        assert connection.execute(rows).scalar_one() == 0


def test_counters_are_deleted_when_they_have_ended(domain: Domain) -> None:
    """D-41."""
    values = {"budget": "address", "slot": 1, "failures": 3}
    values |= {"first_failure_at": NOW, "last_failure_at": NOW}
    with domain.engine.begin() as connection:
        connection.execute(insert(throttle_counter).values(values))
    assert purge_user_data(domain.engine, NOW + SECOND) == {}
    assert purge_user_data(domain.engine, NOW + timedelta(minutes=11)) == {"throttle_counter": 1}


def test_every_table_with_an_end_is_purged_or_excused() -> None:
    """An assignment is listed after its end, too, until it is removed (I-161)."""
    with_end = {
        table.name
        for table in metadata.sorted_tables
        if "expires_at" in table.c and table.name not in {"service_binding", "revoked_token"}
    }
    assert with_end - {table.name for table in EXPIRING} == {"role_assignment"}
    for table in EXPIRING:
        assert any(next(iter(index.columns)).name == "expires_at" for index in table.indexes), (
            table.name
        )

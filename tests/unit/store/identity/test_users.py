"""Users in the database, each in its zone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from broker.identity.user import Snapshot
from broker.store.identity.users import StoredUsers, UserTable
from tests.support.users import NOW, a_user, stored_user

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def zone_of(domain: Domain, name: str = "org") -> Zone:
    return domain.provision(name, organization_guid=name).instance.client.zone


def test_a_user_is_found_as_it_was_stored(domain: Domain) -> None:
    zone = zone_of(domain)
    user = stored_user(
        domain,
        zone,
        "Änna",
        external_id="sub",
        email="anna@example.org",
        last_logon_at=NOW + timedelta(days=1),
        snapshot=Snapshot(("a", "b"), {"Country": ("DE",)}, NOW),
    )
    users = StoredUsers(domain.engine)
    assert users.find(user.user_id) == user
    assert users.named(zone, user.origin, "ÄNNA") == user
    assert domain.transactions.read(lambda store: store.users.at(user.row_id)) == user
    assert users.find("other") is None


def test_names_are_unique_in_zone_and_origin(domain: Domain) -> None:
    """I-02, I-05."""
    zone, other = zone_of(domain), zone_of(domain, "other")
    first = stored_user(domain, zone)
    others = [
        stored_user(domain, other),
        stored_user(domain, zone, origin="corporate"),
    ]
    assert len({first.user_id, *(each.user_id for each in others)}) == 3
    with pytest.raises(IntegrityError), domain.engine.begin() as connection:
        UserTable(connection).add(a_user(zone, "ANNA"))
    users = StoredUsers(domain.engine)
    assert users.named(zone, first.origin, "anna") == first


def test_a_provider_without_a_record_is_inactive(domain: Domain) -> None:
    """I-45; the local store needs no record."""
    zone = zone_of(domain)
    users = StoredUsers(domain.engine)
    local, external = stored_user(domain, zone), stored_user(domain, zone, origin="corporate")
    found = users.find(local.user_id), users.find(external.user_id)
    assert [each and each.provider_is_active for each in found] == [True, False]


def test_a_damaged_snapshot_reads_as_none(domain: Domain) -> None:
    zone = zone_of(domain)
    user = stored_user(domain, zone, snapshot=Snapshot(("a",), {}, NOW))
    with domain.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE shadow_user SET snapshot = '[1]'")
    found = StoredUsers(domain.engine).find(user.user_id)
    assert found is not None
    assert found.snapshot is None
    assert a_user(zone).snapshot is None

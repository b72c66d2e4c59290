"""Users in the database, each in its zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from broker.identity.user import Snapshot
from broker.identity.users.search import UserQuery
from broker.store.identity.users import StoredUsers, UserTable
from tests.support.users import NOW, a_user, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.store.repositories import Repositories
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
        snapshot=Snapshot(("a", "b"), {"Country": ("DE",)}, NOW, is_incomplete=True),
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


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a" * 100_000], ids=["NUL", "half", "long"])
def test_values_that_no_user_can_have_find_none(domain: Domain, text: str) -> None:
    """Databases refuse them even in queries."""
    zone = zone_of(domain)

    def find(store: Repositories) -> list[object]:
        query = UserQuery(text, after=("corp", text))
        return [
            store.users.named(zone, "corp", text),
            store.users.named(zone, text, "anna"),
            store.users.with_external_id(zone, "corp", text),
            store.users.with_external_id(zone, text, "sub"),
            store.users.find(text),
            *store.user_search.page(zone, query),
        ]

    assert domain.transactions.read(find) == [None] * 5


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


def test_a_logon_moves_the_last_one_to_the_previous(domain: Domain) -> None:
    """I-07."""
    user = stored_user(domain, zone_of(domain))
    later = NOW + timedelta(days=1)
    for at in (NOW, later):
        domain.transactions.run(lambda store, at=at: store.users.record_logon(user, at))  # type: ignore[misc]
    found = StoredUsers(domain.engine).find(user.user_id)
    assert found
    assert (found.previous_logon_at, found.last_logon_at) == (NOW, later)
    assert (found.version, found.token_epoch) == (1, 1)


def test_changes_leave_the_epochs(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain), origin="corp", external_id="sub")

    def change(store: Repositories) -> User | None:
        store.users.roles_changed(user)
        store.users.end_all(user, NOW)
        store.users.change(replace(user, email="anna@example.org"))
        return store.users.for_change(user)

    changed = domain.transactions.run(change)
    assert changed
    assert (changed.email, changed.token_epoch, changed.roles_epoch) == ("anna@example.org", 2, 2)
    users = domain.transactions.read(
        lambda store: [
            store.users.with_external_id(user.zone, *each)
            for each in (("corp", "sub"), ("corp", "SUB"), ("other", "sub"))
        ]
    )
    assert users == [changed, None, None]


def test_users_of_an_origin_are_counted_and_deleted(domain: Domain) -> None:
    """I-46."""
    zone, other = zone_of(domain), zone_of(domain, "other")
    for place, name, origin in ((zone, "a", "corp"), (zone, "b", "corp"), (zone, "c", "x")):
        stored_user(domain, place, name, origin=origin)
    elsewhere = stored_user(domain, other, origin="corp")
    assert domain.transactions.read(lambda store: store.users.count_of_origin(zone, "corp")) == 2
    assert domain.transactions.run(lambda store: store.users.remove_of_origin(zone, "corp")) == 2
    users = StoredUsers(domain.engine)
    assert [users.named(zone, "corp", "a"), users.find(elsewhere.user_id)] == [None, elsewhere]
    found = domain.transactions.read(
        lambda store: [store.users.has_provider(zone, each) for each in ("sap.default", "corp")]
    )
    assert found == [True, False]


def test_the_origins_of_a_name(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    foreign = domain.provision("j", organization_guid="other").instance.client.zone
    for where, name, origin in (
        (zone, "Zoe", "sap.default"),
        (zone, "zoe", "idp"),
        (zone, "zoey", "idp"),
        (foreign, "zoe", "elsewhere"),
    ):
        stored_user(domain, where, name, origin=origin)

    def origins(name: str) -> list[str]:
        return domain.transactions.read(lambda store: list(store.users.origins_of(zone, name)))

    assert origins("ZOE") == ["idp", "sap.default"]
    assert origins("zo") == origins("\x00") == []

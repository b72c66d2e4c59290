"""Passwords in the database: sealed with their owner (D-52)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.errors import IntegrityViolated
from broker.store.sealing.data_keys import Purpose
from broker.store.sealing.key_maintenance import rotate
from broker.store.sealing.reseal import Reseal
from broker.store.tables.identity import user_password as table
from tests.support.domain import OPERATOR
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.password import Password
    from broker.identity.user import User
    from tests.support.domain import Domain


def put(domain: Domain, user: User, phc: str) -> None:
    domain.transactions.run(
        lambda store: store.passwords.put(user, phc, NOW, change_required=False)
    )


def password_of(domain: Domain, user: User) -> Password | None:
    return domain.transactions.read(lambda store: store.passwords.of(user))


def hash_of(domain: Domain, user: User) -> str | None:
    found = password_of(domain, user)
    return None if found is None else found.hash


def test_a_password_is_replaced(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    assert password_of(domain, user) is None
    put(domain, user, "first")
    put(domain, user, "second")
    found = password_of(domain, user)
    assert found is not None
    assert (found.hash, found.version, found.changed_at) == ("second", 2, NOW)


def test_a_rehash_keeps_the_version_and_yields_to_a_change(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    put(domain, user, "first")
    first = password_of(domain, user)
    assert first is not None
    domain.transactions.run(lambda store: store.passwords.rehash(user, first, "better"))
    found = password_of(domain, user)
    assert found is not None
    assert (found.hash, found.version) == ("better", 1)
    put(domain, user, "changed")
    domain.transactions.run(lambda store: store.passwords.rehash(user, first, "late"))
    assert hash_of(domain, user) == "changed"


def test_a_moved_password_opens_nothing(domain: Domain) -> None:
    """D-52: neither in another row nor below another user of the same row."""
    zone = zone_of(domain)
    anna, bert = stored_user(domain, zone), stored_user(domain, zone, "bert")
    put(domain, anna, "secret")
    for moved in (
        replace(anna, user_id=bert.user_id),
        replace(anna, zone=replace(zone, guid="other")),
        replace(anna, origin="corporate"),
    ):
        with pytest.raises(IntegrityViolated, match="cannot be authenticated"):
            password_of(domain, moved)
    put(domain, bert, "other")
    with domain.engine.begin() as connection:
        sealed = select(table.c.sealed_hash).where(table.c.id == anna.row_id)
        connection.execute(
            update(table)
            .where(table.c.id == bert.row_id)
            .values(sealed_hash=connection.execute(sealed).scalar_one())
        )
    assert hash_of(domain, anna) == "secret"
    with pytest.raises(IntegrityViolated, match="cannot be authenticated"):
        password_of(domain, bert)


def test_passwords_are_resealed_with_newer_keys(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    put(domain, user, "secret")
    rotate(domain.engine, domain.keys, [Purpose.SEAL], OPERATOR)
    done = Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)
    assert done.values >= 1
    assert hash_of(domain, user) == "secret"

"""Data keys: wrapped by master keys, one newest per purpose, re-read when due (D-12)."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.errors import BrokerError, ConfigurationError, IntegrityViolated
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.sealed import Place, Sealer
from broker.store.tables.core import data_key
from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from tests.support.domain import Domain

PLACE = Place("table", "column", 1)


def test_a_missing_or_wrong_master_key_is_a_clear_refusal(domain: Domain) -> None:
    for keys, words in (
        ({"other": bytes(32)}, "key test is missing"),
        ({"test": os.urandom(32)}, "key test differs from"),
    ):
        with pytest.raises(ConfigurationError, match=f"XSUAA_MASTER_KEYS: {words}"):
            DataKeys(domain.engine, keys).load()


def test_a_new_first_master_key_keeps_older_data_keys_usable(domain: Domain) -> None:
    keys = DataKeys(domain.engine, {"new": os.urandom(32), **MASTER_KEYS})
    sealed = Sealer(domain.keys).seal(b"content", PLACE)
    assert Sealer(keys).open(sealed, PLACE) == b"content"


def test_data_keys_of_another_host_are_found(domain: Domain) -> None:
    late = DataKeys(domain.engine, MASTER_KEYS)
    late.load()
    envelope = Sealer(domain.keys).seal(b"content", PLACE)
    assert Sealer(late).open(envelope, PLACE) == b"content"
    with pytest.raises(BrokerError, match="does not exist"):
        late.seal_key(12345)


def add(domain: Domain, purpose: Purpose, **later: float) -> int:
    with domain.engine.begin() as connection:
        return domain.keys.add(connection, purpose, domain.clock.now() + timedelta(**later))


def test_a_key_serves_one_purpose(on_sqlite: Domain) -> None:
    seal, digest = on_sqlite.keys.newest_seal_key(), on_sqlite.keys.newest_digest_key()
    assert seal.id != digest.id
    assert seal.secret != digest.secret
    with pytest.raises(IntegrityViolated):
        on_sqlite.keys.digest_key(seal.id)


def test_an_added_key_is_the_newest_regardless_of_the_host_s_clock(
    on_sqlite: Domain,
) -> None:
    first = on_sqlite.keys.newest_digest_key().id
    added = add(on_sqlite, Purpose.DIGEST, days=-1)
    assert on_sqlite.keys.newest_digest_key().id == first
    assert [key.id for key in on_sqlite.keys.digest_keys(again=True)] == [added, first]
    assert on_sqlite.keys.newest_digest_key().id == added


@pytest.mark.parametrize(("reload_after", "is_found"), [(0.0, True), (3600.0, False)])
def test_keys_are_read_again_when_they_are_due(
    on_sqlite: Domain, reload_after: float, *, is_found: bool
) -> None:
    keys = DataKeys(on_sqlite.engine, MASTER_KEYS, reload_after)
    known = keys.token_key().id
    added = add(on_sqlite, Purpose.DIGEST)
    assert keys.token_key().id == (added if is_found else known)


def test_known_keys_remain_in_use_while_they_cannot_be_read(on_sqlite: Domain) -> None:
    keys = DataKeys(on_sqlite.engine, MASTER_KEYS, 0.0)
    known = keys.token_key().id
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(data_key).values(master_key_id="gone"))
    assert keys.token_key().id == known
    with pytest.raises(ConfigurationError):
        keys.load()


def test_a_wrapped_key_opens_in_its_own_row_only(on_sqlite: Domain) -> None:
    with on_sqlite.engine.begin() as connection:
        [one, other] = connection.execute(select(data_key).order_by(data_key.c.purpose)).all()
        moved = update(data_key).where(data_key.c.id == one.id).values(wrapped=other.wrapped)
        connection.execute(moved)
    with pytest.raises(ConfigurationError):
        DataKeys(on_sqlite.engine, MASTER_KEYS).load()


def test_a_key_is_rewrapped_unless_the_first_master_key_wraps_it(on_sqlite: Domain) -> None:
    with on_sqlite.engine.connect() as connection:
        row = connection.execute(select(data_key)).first()
    assert row is not None
    assert on_sqlite.keys.rewrapped(row) is None
    changed = DataKeys(on_sqlite.engine, {"new": os.urandom(32), **MASTER_KEYS}).rewrapped(row)
    assert changed is not None
    assert changed[0] == "new"
    assert changed[1] != row.wrapped


def test_a_database_without_keys_is_reported(on_sqlite: Domain) -> None:
    with on_sqlite.engine.begin() as connection:
        connection.execute(data_key.delete())
    with pytest.raises(ConfigurationError):
        DataKeys(on_sqlite.engine, MASTER_KEYS).newest_seal_key()


def test_the_repr_of_a_key_hides_it(on_sqlite: Domain) -> None:
    key = on_sqlite.keys.newest_seal_key()
    assert repr(key.secret) not in repr(key)

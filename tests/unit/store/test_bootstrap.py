"""The first keys of a database: created once, and audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from broker.errors import Busy, ConfigurationError
from broker.store.bootstrap import create_missing_keys
from broker.store.database.engine import open_engine
from broker.store.database.faults import translating
from broker.store.database.operation_lock import lock
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.tables.core import audit_event, data_key, signing_key
from broker.tokens.ports import KEYS_LOCK
from broker.tokens.signing import new_signing_key
from tests.support.domain import MASTER_KEYS, a_signing_key

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.support.domain import Domain


def test_keys_are_created_once(domain: Domain) -> None:
    keys = DataKeys(domain.engine, MASTER_KEYS)
    create_missing_keys(domain.engine, keys, new_signing_key, domain.clock.now())
    with domain.engine.connect() as connection:
        purposes = connection.execute(select(data_key.c.purpose)).scalars().all()
        assert sorted(purposes) == ["digest", "seal"]
        assert connection.execute(select(func.count()).select_from(signing_key)).scalar() == 1


def test_no_other_transaction_changes_keys_once_they_are_loaded(domain: Domain) -> None:
    class Watched(DataKeys):
        def load(self) -> None:
            super().load()
            with pytest.raises(Busy):
                lock_keys(impatient)
            loaded.append(self.binding)

    loaded: list[OwnerBinding] = []
    impatient = open_engine(domain.database_url, connections=3, lock_timeout=0)
    keys = Watched(domain.engine, MASTER_KEYS)
    create_missing_keys(domain.engine, keys, new_signing_key, domain.clock.now())
    impatient.dispose()
    assert loaded == [OwnerBinding.FINISHED]


def lock_keys(engine: Engine) -> None:
    with translating(), engine.begin() as connection:
        lock(connection, KEYS_LOCK)


def test_each_creation_is_audited_as_the_start_s(on_sqlite: Domain) -> None:
    with on_sqlite.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.action, audit_event.c.actor_kind, audit_event.c.actor_id)
        ).all()
    assert sorted(events) == [
        ("create-data-keys", "system", "start"),
        ("create-signing-key", "system", "start"),
    ]


def test_with_wrong_master_keys_no_key_is_created(on_sqlite: Domain) -> None:
    with on_sqlite.engine.begin() as connection:
        connection.execute(signing_key.delete())
    wrong = DataKeys(on_sqlite.engine, {"test": bytes(32)})
    with pytest.raises(ConfigurationError):
        create_missing_keys(on_sqlite.engine, wrong, a_signing_key, on_sqlite.clock.now())
    with on_sqlite.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(signing_key)).scalar() == 0

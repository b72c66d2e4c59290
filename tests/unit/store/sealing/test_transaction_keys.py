"""No transaction commits values of the former format after the binding has advanced (D-52)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.credentials.kind import Secret
from broker.errors import StoreUnavailable
from broker.store.sealing.bind_owners import BindOwners
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.sealed import OWNER_BOUND
from broker.store.sealing.transaction_keys import DataKeysChanged, TransactionKeys
from broker.store.tables.core import credential
from broker.store.transactions import StoreTransactions
from tests.support.domain import MASTER_KEYS, OPERATOR
from tests.support.instances import START
from tests.support.swapped_owners import unbind

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def other_host(domain: Domain) -> StoreTransactions:
    """A host with the data keys from before."""
    unbind(domain)
    domain.provision("i", {"xsappname": "app"})
    keys = DataKeys(domain.engine, MASTER_KEYS)
    keys.load()
    return StoreTransactions(domain.engine, keys)


def add_secret(store: Any) -> None:
    store.credentials.add_instance_secret(store.instances.find("i"), Secret("", "text"), START)


def row(domain: Domain) -> Any:
    with domain.engine.connect() as connection:
        return connection.execute(select(credential)).one()


def test_a_host_with_former_keys_writes_the_new_format_at_once(
    domain: Domain, other_host: StoreTransactions
) -> None:
    BindOwners(domain.engine, domain.keys)._start(OPERATOR)
    other_host.run(add_secret)
    written = row(domain)
    assert written.sealed_secret[:1] == OWNER_BOUND
    assert written.owner_mac is not None


def test_an_advance_waits_for_transactions_that_write(
    domain: Domain, other_host: StoreTransactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value of the former format is committed before the binding advances, or not at all."""
    checked, commit = threading.Event(), threading.Event()
    require_unchanged = TransactionKeys.require_unchanged

    def slowly(keys: TransactionKeys, connection: Any) -> None:
        require_unchanged(keys, connection)
        checked.set()
        assert commit.wait(60)

    work = BindOwners(domain.engine, domain.keys)
    with monkeypatch.context() as patch:
        patch.setattr(TransactionKeys, "require_unchanged", slowly)
        writer = threading.Thread(target=other_host.run, args=(add_secret,))
        writer.start()
        assert checked.wait(60)
        starter = threading.Thread(target=work._start, args=(OPERATOR,))
        starter.start()
        starter.join(0.3)
        assert starter.is_alive()
        commit.set()
        writer.join(60)
        starter.join(60)
    assert row(domain).sealed_secret[:1] == b"\x01"
    assert work(OPERATOR, lambda _: None).left == []
    assert row(domain).sealed_secret[:1] == OWNER_BOUND


def test_transactions_that_write_no_value_check_nothing(on_sqlite: Domain) -> None:
    keys = TransactionKeys(on_sqlite.keys)
    with on_sqlite.engine.begin() as connection:
        keys.seal_key(on_sqlite.keys.newest_seal_key().id)
        unbind_keys: Any = on_sqlite.keys
        unbind_keys._seal_bindings = {}
        keys.require_unchanged(connection)
        keys.newest_digest_key()
        with pytest.raises(DataKeysChanged):
            keys.require_unchanged(connection)


def test_keys_that_keep_changing_make_the_database_unavailable(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(*_: object) -> None:
        raise DataKeysChanged

    on_sqlite.provision("i", {"xsappname": "app"})
    monkeypatch.setattr(TransactionKeys, "require_unchanged", change)
    with pytest.raises(StoreUnavailable, match="data keys are being replaced"):
        on_sqlite.transactions.run(add_secret)
    assert on_sqlite.keys.binding is OwnerBinding.FINISHED

"""What a writer of the database can do unnoticed, as SECURITY.md says (D-52)."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from broker.errors import ConfigurationError
from broker.store.sealing.bind_owners import BindOwners
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.key_maintenance import rewrap
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.owner_checks import owner_problems
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import client, credential, data_key, service_binding
from tests.support.domain import MASTER_KEYS, OPERATOR
from tests.support.swapped_owners import unbind, without_foreign_keys

if TYPE_CHECKING:
    from tests.support.domain import Domain

DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": ["binding-secret"]},
}


def problems(domain: Domain) -> list[str]:
    return [each.problem for each in owner_problems(SealedValues(domain.engine), domain.keys)]


def rows(domain: Domain, table: Any) -> list[dict[str, Any]]:
    with domain.engine.connect() as connection:
        return [dict(each) for each in connection.execute(select(table)).mappings()]


def test_a_row_put_back_whole_is_not_detected(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    shown = on_sqlite.bind("i", "b")
    before = [(table, rows(on_sqlite, table)) for table in (service_binding, credential)]
    on_sqlite.unbind("i", "b")
    assert not on_sqlite.accepts(shown)
    with on_sqlite.engine.begin() as connection:
        for table, old in before:
            connection.execute(insert(table), old)
    assert on_sqlite.accepts(shown)
    assert problems(on_sqlite) == []


def test_edited_authorities_are_not_detected(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    shown = on_sqlite.bind("i", "b")
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(client).values(authorities="other!t9.Admin"))
    authenticated = on_sqlite.authenticator.authenticate(shown["clientid"], shown["clientsecret"])
    assert authenticated.client.authorities == ("other!t9.Admin",)
    assert problems(on_sqlite) == []


def test_an_edited_renewal_is_not_detected(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR | {"oauth2-configuration": {"credential-types": ["x509"]}})
    on_sqlite.bind("i", "b")
    with on_sqlite.engine.begin() as connection:
        earlier = on_sqlite.clock.now() - timedelta(days=365)
        connection.execute(update(credential).values(not_before=earlier))
    assert problems(on_sqlite) == []


def test_a_replaced_master_key_ends_former_data_keys(on_sqlite: Domain) -> None:
    unbind(on_sqlite)
    on_sqlite.provision("i", DESCRIPTOR)
    on_sqlite.bind("i", "b")
    copied = [(table, rows(on_sqlite, table)) for table in (data_key, service_binding, credential)]
    assert BindOwners(on_sqlite.engine, on_sqlite.keys)(OPERATOR, lambda _: None).left == []
    present = [(table, rows(on_sqlite, table)) for table, _ in copied]
    replace_all(on_sqlite, copied)
    # A server that is started now takes the copy for the present state.
    assert DataKeys(on_sqlite.engine, MASTER_KEYS).binding is OwnerBinding.NONE
    replace_all(on_sqlite, present)
    new = {"new": os.urandom(32)}
    rewrap(on_sqlite.engine, DataKeys(on_sqlite.engine, new | MASTER_KEYS), OPERATOR)
    assert DataKeys(on_sqlite.engine, new).binding is OwnerBinding.FINISHED
    replace_all(on_sqlite, copied)
    with pytest.raises(ConfigurationError, match="key test is missing"):
        DataKeys(on_sqlite.engine, new).load()


def replace_all(domain: Domain, tables: list[tuple[Any, list[dict[str, Any]]]]) -> None:
    """Put back all rows of these tables."""
    with without_foreign_keys(domain) as connection:
        for table, _ in reversed(tables):
            connection.execute(table.delete())
        for table, old in tables:
            connection.execute(insert(table), old)

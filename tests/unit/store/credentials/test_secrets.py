"""Client secrets in the database: digests to compare, one secret sealed (D-13, D-14)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.credentials.digest import digest
from broker.credentials.kind import Secret
from broker.store.tables.core import credential
from tests.support.instances import START, a_binding

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.instances.model import Instance
    from broker.store.credentials.secrets import CredentialTable
    from tests.support.domain import Domain

SHARED, OWN = Secret("", "shared-in-clear"), Secret("guid", "own-in-clear")


@pytest.fixture
def instance(on_sqlite: Domain) -> Instance:
    """An instance without a secret."""
    return on_sqlite.provision("i", {"xsappname": "app"}).instance


def run(domain: Domain, work: Callable[[CredentialTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.credentials))


def rows(domain: Domain) -> list[Any]:
    with domain.engine.connect() as connection:
        return list(connection.execute(select(credential)))


def test_an_instance_secret_is_sealed_and_read_back(on_sqlite: Domain, instance: Instance) -> None:
    assert run(on_sqlite, lambda table: table.instance_secret(instance)) is None
    run(on_sqlite, lambda table: table.add_instance_secret(instance, SHARED, START))
    assert run(on_sqlite, lambda table: table.instance_secret(instance)) == "shared-in-clear"
    [row] = rows(on_sqlite)
    assert b"shared-in-clear" not in row.sealed_secret
    assert (row.lookup, row.type, row.binding_row_id) == ("", "instance-secret", None)


def test_an_own_secret_is_kept_as_digest_alone(on_sqlite: Domain, instance: Instance) -> None:
    client = instance.client
    binding = a_binding(instance_row_id=instance.row_id)
    on_sqlite.transactions.run(lambda found: found.bindings.add(instance, binding))
    run(on_sqlite, lambda table: table.add_binding_secret(client, binding, OWN, START))
    [row] = rows(on_sqlite)
    assert row.sealed_secret is None
    assert (row.lookup, row.type, row.binding_row_id, row.generation) == (
        "guid",
        "binding-secret",
        binding.row_id,
        1,
    )
    key = on_sqlite.keys.digest_key(row.digest_key_id)
    expected = digest(key.secret, row.id, client.client_id, "binding-secret", "own-in-clear")
    assert row.digest == expected
    assert run(on_sqlite, lambda table: table.instance_secret(instance)) is None


@pytest.mark.parametrize(("passed", "is_dropped"), [(timedelta(0), True), (timedelta(1), False)])
def test_a_de_listed_secret_is_dropped_after_a_while(
    on_sqlite: Domain, instance: Instance, passed: timedelta, *, is_dropped: bool
) -> None:
    run(on_sqlite, lambda table: table.add_instance_secret(instance, SHARED, START))
    run(on_sqlite, lambda table: table.delist_instance_secret(instance.client, START))
    before = START - passed
    client = instance.client
    dropped = run(
        on_sqlite, lambda table: table.drop_instance_secret(client, delisted_before=before)
    )
    assert dropped == is_dropped
    assert len(rows(on_sqlite)) == 1 - is_dropped


def test_a_secret_that_is_listed_again_is_not_dropped(
    on_sqlite: Domain, instance: Instance
) -> None:
    run(on_sqlite, lambda table: table.add_instance_secret(instance, SHARED, START))
    run(on_sqlite, lambda table: table.delist_instance_secret(instance.client, START))
    run(on_sqlite, lambda table: table.relist_instance_secret(instance.client))
    client = instance.client
    assert not run(
        on_sqlite, lambda table: table.drop_instance_secret(client, delisted_before=START)
    )
    assert rows(on_sqlite)[0].delisted_at is None

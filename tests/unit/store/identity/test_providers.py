"""The rows of identity providers; ``tests/unit/identity/providers`` tests the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.errors import IntegrityViolated
from broker.identity.providers.provider import OIDC, Provider
from broker.ids import new_row_id
from broker.store.tables.identity import identity_provider as table
from tests.support.users import NOW

if TYPE_CHECKING:
    from tests.support.domain import Domain


def stored(domain: Domain, origin: str) -> Provider:
    zone = domain.provision("i").instance.client.zone
    provider = Provider(new_row_id(), zone, origin, OIDC, origin, NOW, NOW)
    domain.transactions.run(lambda store: store.providers.add(provider, "s3cret"))
    return provider


def test_a_secret_does_not_open_for_another_provider(on_sqlite: Domain) -> None:
    """D-52: neither in another row nor after a change of the owner's columns."""
    first, second = stored(on_sqlite, "a"), stored(on_sqlite, "b")
    read = on_sqlite.transactions.read
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(table).where(table.c.origin == "a").values(origin="c"))
        sealed = connection.execute(
            select(table.c.sealed_secret).where(table.c.origin == "c")
        ).scalar_one()
        connection.execute(update(table).where(table.c.origin == "b").values(sealed_secret=sealed))
    renamed = read(lambda store: store.providers.find(first.zone, "c"))
    assert renamed is not None
    with pytest.raises(IntegrityViolated, match="cannot be authenticated"):
        read(lambda store: store.providers.secret(renamed))
    with pytest.raises(IntegrityViolated, match="cannot be authenticated"):
        read(lambda store: store.providers.secret(second))


def test_a_damaged_configuration_reads_as_empty(on_sqlite: Domain) -> None:
    provider = stored(on_sqlite, "a")
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(table).values(configuration="{"))
    found = on_sqlite.transactions.read(lambda store: store.providers.find(provider.zone, "a"))
    assert found is not None
    assert (found.configuration, found.issuer) == ({}, None)

"""Two generations of an instance secret in one row (D-15, D-32)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.credentials.kind import Secret
from broker.credentials.usage import Usage
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import credential
from tests.support.instances import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.instances.model import Instance
    from broker.store.credentials.instance_secrets import InstanceSecretTable
    from tests.support.domain import Domain

LATER, UNTIL = START + timedelta(hours=1), START + timedelta(days=7)


@pytest.fixture
def instance(on_sqlite: Domain) -> Instance:
    """An instance that has a secret."""
    found = on_sqlite.provision("i", {"xsappname": "app"}).instance
    secret = Secret("", "first")
    on_sqlite.transactions.run(
        lambda each: each.credentials.add_instance_secret(found, secret, START)
    )
    return found


def run(domain: Domain, work: Callable[[InstanceSecretTable], Any]) -> Any:
    return domain.transactions.run(lambda found: work(found.instance_secrets))


def rotate(domain: Domain, instance: Instance, text: str, until: Any = UNTIL) -> None:
    run(domain, lambda table: table.rotate(instance, Secret("", text), LATER, until))


def row(domain: Domain) -> Any:
    with domain.engine.connect() as connection:
        return connection.execute(select(credential)).one()


def test_a_rotation_keeps_the_row_and_the_previous_digest(
    on_sqlite: Domain, instance: Instance
) -> None:
    before = row(on_sqlite)
    rotate(on_sqlite, instance, "second")
    after = row(on_sqlite)
    assert after.id == before.id
    assert (after.previous_digest, after.previous_digest_key_id) == (
        before.digest,
        before.digest_key_id,
    )
    assert after.digest != before.digest
    assert after.generation == before.generation
    state = run(on_sqlite, lambda table: table.state(instance.client))
    assert (state.created_at, state.previous_until) == (LATER, UNTIL)
    shown = on_sqlite.transactions.read(lambda found: found.credentials.instance_secret(instance))
    assert shown == "second"


def test_without_an_overlap_nothing_of_the_previous_is_left(
    on_sqlite: Domain, instance: Instance
) -> None:
    """A new generation revokes the tokens of the revoked secret."""
    before = row(on_sqlite)
    rotate(on_sqlite, instance, "second", None)
    after = row(on_sqlite)
    assert (after.previous_digest, after.previous_digest_key_id, after.previous_until) == (
        None,
        None,
        None,
    )
    assert after.generation == before.generation + 1


def test_refusing_the_previous_one_ends_tokens_and_keeps_the_current(
    on_sqlite: Domain, instance: Instance
) -> None:
    rotate(on_sqlite, instance, "second")
    before = row(on_sqlite)
    run(on_sqlite, lambda table: table.forget_previous(instance.client))
    after = row(on_sqlite)
    assert (after.previous_digest, after.previous_until) == (None, None)
    assert (after.digest, after.generation) == (before.digest, before.generation + 1)


def test_use_so_far_is_that_of_the_previous_secret_after_a_rotation(
    on_sqlite: Domain, instance: Instance
) -> None:
    """D-22."""
    assert run(on_sqlite, lambda table: table.state(instance.client)).last_used_at is None
    used = Usage(accepted=1, last_used_at=START)
    assert write_usage(on_sqlite.engine, {row(on_sqlite).id: used}) == {}
    assert run(on_sqlite, lambda table: table.state(instance.client)).last_used_at == START
    rotate(on_sqlite, instance, "second")
    state = run(on_sqlite, lambda table: table.state(instance.client))
    assert (state.last_used_at, state.previous_used_at) == (None, START)


def test_a_removed_secret_has_no_state(on_sqlite: Domain, instance: Instance) -> None:
    run(on_sqlite, lambda table: table.remove(instance.client))
    assert run(on_sqlite, lambda table: table.state(instance.client)) is None

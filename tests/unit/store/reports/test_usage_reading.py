"""Use of credential types: own secrets by binding, a shared one by all (D-22)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.credentials.usage import Usage
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import credential, service_binding
from broker.store.tables.usage import credential_usage
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.support.domain import Domain

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret"]}}
SHARED = {"credential-type": "instance-secret"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def bound(on_sqlite: Domain) -> Domain:
    """A database with two own secrets and two bindings that show the shared one."""
    on_sqlite.provision("i", {"xsappname": "app", **TYPES})
    for name in ("own1", "own2"):
        on_sqlite.bind("i", name)
    for name in ("shared1", "shared2"):
        on_sqlite.bind("i", name, SHARED)
    return on_sqlite


def use(domain: Domain, binding_id: str | None) -> None:
    """Count a use of the binding's own credential, or of the shared one."""
    with domain.engine.connect() as connection:
        of = select(credential.c.id).outerjoin(
            service_binding, service_binding.c.id == credential.c.binding_row_id
        )
        row_id = connection.execute(
            of.where(service_binding.c.binding_id.is_not_distinct_from(binding_id))
        ).scalar_one()
    assert write_usage(domain.engine, {row_id: Usage(accepted=1, last_used_at=START)}) == {}


def used_by(domain: Domain, type_: str, since: Any = START) -> list[str] | None:
    instance = domain.instance("i")
    found = domain.transactions.read(lambda each: each.usage.used_by(instance, type_, since))
    return None if found is None else sorted(found)


def last_uses(domain: Domain) -> dict[str, Any]:
    instance = domain.instance("i")
    return dict(domain.transactions.read(lambda found: found.usage.last_uses(instance)))


def last_use(domain: Domain) -> Any:
    instance = domain.instance("i")
    return domain.transactions.read(lambda found: found.usage.last_use(instance))


def test_without_use_nothing_is_named(bound: Domain) -> None:
    assert last_use(bound) is None
    assert used_by(bound, "binding-secret") is None
    assert used_by(bound, "instance-secret") is None
    assert last_uses(bound) == {}


def test_an_own_secret_names_its_binding_alone(bound: Domain) -> None:
    use(bound, "own1")
    assert used_by(bound, "binding-secret") == ["own1"]
    assert used_by(bound, "instance-secret") is None
    assert last_uses(bound) == {"own1": START}


def test_a_shared_secret_names_all_that_show_it(bound: Domain) -> None:
    use(bound, None)
    assert used_by(bound, "instance-secret") == ["shared1", "shared2"]
    assert last_uses(bound) == {"shared1": START, "shared2": START}


def test_a_shared_secret_of_which_no_binding_is_left_is_used_by_none(bound: Domain) -> None:
    use(bound, None)
    for name in ("shared1", "shared2"):
        bound.unbind("i", name)
    assert used_by(bound, "instance-secret") == []
    assert last_uses(bound) == {}
    assert last_use(bound) == START


def test_use_is_reported_from_the_given_time_on(bound: Domain) -> None:
    use(bound, "own1")
    assert used_by(bound, "binding-secret", START) == ["own1"]
    assert used_by(bound, "binding-secret", START + SECOND) is None


def test_use_of_the_secret_before_a_rotation_counts(bound: Domain) -> None:
    use(bound, None)
    with bound.engine.begin() as connection:
        later = {"last_used_at": None, "previous_used_at": START}
        connection.execute(update(credential_usage).values(**later))
    assert used_by(bound, "instance-secret") == ["shared1", "shared2"]
    assert last_uses(bound) == {"shared1": START, "shared2": START}

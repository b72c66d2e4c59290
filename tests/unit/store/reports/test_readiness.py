"""Reads of the readiness report, in three statements (D-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.credentials.usage import Usage
from broker.store.credentials.usage import write_usage
from broker.store.reports.readiness import read_readiness
from broker.store.tables.core import credential
from tests.support.instances import START
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.domain import Domain

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret"]}}


def fill(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app", **TYPES})
    domain.bind("i", "own", app_guid="guid")
    domain.bind("i", "shared", {"credential-type": "instance-secret"})
    domain.provision("j", {"xsappname": "unused"})
    with domain.engine.connect() as connection:
        own = connection.execute(
            select(credential.c.id).where(credential.c.type == "binding-secret")
        ).scalar_one()
    used = Usage(accepted=2, refused=1, last_used_at=START)
    assert write_usage(domain.engine, {own: used}) == {}


def test_instances_have_their_bindings_and_the_use_of_each(on_sqlite: Domain) -> None:
    fill(on_sqlite)
    _, [app, unused] = read_readiness(on_sqlite.engine)
    assert (app.app_id, app.types) == ("app!t1", ("binding-secret", "instance-secret"))
    by_id = {binding.binding_id: binding for binding in app.bindings}
    assert by_id["shared"].use is None
    own = by_id["own"].use
    assert own is not None
    assert (own.accepted, own.refused, own.last_used_at) == (2, 1, START)
    assert by_id["own"].app_guid == "guid"
    assert app.instance_secret is not None
    assert (app.instance_secret.accepted, app.instance_secret.last_used_at) == (0, None)
    assert (unused.app_id, unused.instance_secret, list(unused.bindings)) == ("unused!t1", None, [])


def test_one_instance_may_be_asked_for(on_sqlite: Domain) -> None:
    fill(on_sqlite)
    assert [each.instance_id for each in read_readiness(on_sqlite.engine, "j")[1]] == ["j"]
    assert read_readiness(on_sqlite.engine, "missing")[1] == []


def test_the_number_of_statements_does_not_grow_with_instances(on_sqlite: Domain) -> None:
    with statements_of(on_sqlite.engine) as few:
        read_readiness(on_sqlite.engine)
    fill(on_sqlite)
    with statements_of(on_sqlite.engine) as statements:
        read_readiness(on_sqlite.engine)
    assert len(statements) == len(few)

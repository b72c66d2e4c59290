"""Instances of an older version are completed, each once (D-24, D-60)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from broker.authorization.declared_settings import WITHOUT_USERS
from broker.descriptor.names import APIACCESS_SCOPES
from broker.errors import Busy
from broker.identity.client_settings import ClientSettings
from broker.instances.plan import Plan
from broker.lifecycle.complete import Complete, Completed
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.core import audit_event, client, service_instance
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import client_setting
from tests.support.domain import APIACCESS, OPERATOR

if TYPE_CHECKING:
    from tests.support.domain import Domain

ROLES = {
    "xsappname": "app",
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [
        {"name": "Viewers", "role-template-references": ["$XSAPPNAME.Viewer"]},
        {"name": "Others", "role-template-references": ["$XSAPPNAME.Viewer"]},
    ],
}


def test_completion_leaves_out_a_collection_whose_name_another_application_has(
    domain: Domain,
) -> None:
    domain.provision("i", ROLES)
    domain.provision("j", {"xsappname": "other"})
    own, other = (domain.instance(name).client.row_id for name in ("i", "j"))
    with domain.engine.begin() as connection:
        taken = role_collection.c.name == "Viewers"
        connection.execute(update(role_collection).where(taken).values(client_row_id=other))
        incomplete = update(client).where(client.c.id == own)
        connection.execute(incomplete.values(declared_epoch=None))
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    assert complete(OPERATOR).declarations == 1
    with domain.engine.connect() as connection:
        kept = connection.execute(
            select(role_collection.c.name).where(role_collection.c.client_row_id == own)
        ).all()
    assert kept == [("Others",)]


def test_an_update_without_descriptor_completes_nothing(domain: Domain) -> None:
    """Otherwise roles and scopes of a former descriptor would stay until the next update."""
    domain.provision("i", ROLES)
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(declared_epoch=None))
    domain.update("i", context={"instance_name": "renamed"})
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    assert complete(OPERATOR).declarations == 1
    domain.update("i", context={"instance_name": "again"})
    assert complete(OPERATOR).declarations == 0


def test_completion_is_audited_once_and_may_be_repeated(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", ROLES)
    on_sqlite.provision("j", {"xsappname": "other"})
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(client).values(declared_epoch=None, grant_types=None))
    complete = Complete(on_sqlite.transactions, on_sqlite.declare, on_sqlite.clock)
    assert complete(OPERATOR) == Completed(declarations=2, grant_types=2, user_grants=1)
    assert complete(OPERATOR) == Completed(declarations=0, grant_types=0, user_grants=0)
    with on_sqlite.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.action, audit_event.c.details).where(
                audit_event.c.actor_id == OPERATOR.id
            )
        ).all()
    assert {row.action: json.loads(row.details) for row in events} == {
        "complete-instances": {"instances": 2},
        "fill-grant-types": {"instances": 2, "with_user_grants": 1},
    }
    assert len(events) == 2


def test_plan_apiaccess_is_approved_in_mode_dev_only(domain: Domain) -> None:
    """D-57."""
    domain.provision("i", ROLES)
    domain.provision("j", plan=Plan.APIACCESS, plan_id=APIACCESS)
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    assert complete(OPERATOR) == Completed(0, 0, 0)
    assert domain.instance("j").approved_at is None
    approving = replace(complete, approves_apiaccess=True)
    first = domain.clock.now()
    assert approving(OPERATOR) == Completed(0, 0, 0, approvals=1, settings=1)
    domain.clock.advance(hours=1)
    assert approving(OPERATOR) == complete(OPERATOR) == Completed(0, 0, 0)
    assert [domain.instance(name).approved_at for name in "ij"] == [None, first]
    with domain.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.details).where(audit_event.c.action == "approve-instances")
        ).all()
    assert [json.loads(row.details) for row in events] == [{"instances": 1}]


def test_settings_of_users_are_completed(domain: Domain) -> None:
    """I-G1, D-24: an older version wrote a client without them, or changes it later."""
    given = {"allowedproviders": ["corporate"], "redirect-uris": ["https://a.example.org/cb"]}
    domain.provision("i", {"xsappname": "app", "oauth2-configuration": given})
    domain.provision("j")
    domain.provision("k", {"xsappname": "unreadable"})
    with domain.engine.begin() as connection:
        connection.execute(delete(client_setting))
        unreadable = update(service_instance).where(service_instance.c.instance_id == "k")
        connection.execute(unreadable.values(parameters='{"xsappname": 1}'))
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    assert complete(OPERATOR) == Completed(settings=3)
    assert complete(OPERATOR) == Completed()
    found = {name: settings_of(domain, name) for name in "ijk"}
    assert found["i"].allowed_providers == ("corporate",)
    assert found["i"].redirect_uris == ("https://a.example.org/cb",)
    assert found["j"] == ClientSettings(user_scopes=())
    # D-60: what this version cannot read has no users.
    assert found["k"] == WITHOUT_USERS

    parameters = {"xsappname": "app", "oauth2-configuration": {"allowedproviders": []}}
    older = update(service_instance).where(service_instance.c.instance_id == "i")
    with domain.engine.begin() as connection:
        connection.execute(older.values(parameters=json.dumps(parameters)))
        connection.execute(
            update(client)
            .where(client.c.id == domain.instance("i").client.row_id)
            .values(epoch=client.c.epoch + 1, declared_epoch=client.c.declared_epoch + 1)
        )
    with pytest.raises(Busy):
        settings_of(domain, "i")
    assert complete(OPERATOR) == Completed(settings=1)
    assert settings_of(domain, "i").allowed_providers == ()


def test_scopes_of_unapproved_instances_are_restricted(domain: Domain) -> None:
    """D-57: an older version writes all scopes, at provision and at each update."""
    domain.provision("i", plan=Plan.APIACCESS, plan_id=APIACCESS)
    domain.provision("j", plan=Plan.APIACCESS, plan_id=APIACCESS)
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    domain.transactions.run(lambda store: store.approvals.approve_all(domain.clock.now()))
    older = update(client).values(
        authorities=" ".join(APIACCESS_SCOPES), epoch=client.c.epoch + 1, approved_at=None
    )
    with domain.engine.begin() as connection:
        connection.execute(older.where(client.c.id == domain.instance("j").client.row_id))
    assert "xs_user.read" in domain.scopes("j")
    assert complete(OPERATOR).restricted == 1
    assert complete(OPERATOR).restricted == 0
    assert domain.scopes("j") == ("uaa.resource",)
    assert "xs_user.read" in domain.scopes("i")
    with domain.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.details).where(audit_event.c.action == "restrict-instances")
        ).all()
    assert [json.loads(row.details) for row in events] == [{"instances": 1}]


def settings_of(domain: Domain, instance_id: str) -> ClientSettings:
    return StoredClientSettings(domain.engine).of(domain.instance(instance_id).client)

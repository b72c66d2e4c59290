"""Instances of an older version are completed, each once (D-24, D-60)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from broker.instances.plan import Plan
from broker.lifecycle.complete import Complete, Completed
from broker.store.tables.core import audit_event, client
from broker.store.tables.declared import role_collection
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
    assert approving(OPERATOR) == Completed(0, 0, 0, approvals=1)
    domain.clock.advance(hours=1)
    assert approving(OPERATOR) == complete(OPERATOR) == Completed(0, 0, 0)
    assert [domain.instance(name).approved_at for name in "ij"] == [None, first]
    with domain.engine.connect() as connection:
        events = connection.execute(
            select(audit_event.c.details).where(audit_event.c.action == "approve-instances")
        ).all()
    assert [json.loads(row.details) for row in events] == [{"instances": 1}]

"""Declarations that a newer version has overtaken do not keep this one from starting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from broker.ids import new_row_id
from broker.lifecycle.complete import Complete
from broker.store.tables.core import client
from broker.store.tables.declared import application_reference, role_collection
from tests.support.domain import OPERATOR

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


def test_an_update_keeps_references_of_a_usage_that_only_a_newer_version_knows(
    domain: Domain,
) -> None:
    domain.provision("i", ROLES)
    row = {
        "id": new_row_id(),
        "client_row_id": domain.instance("i").client.row_id,
        "usage": "later",
        "holder": "",
        "app_id": "x!t1",
        "service_instance": "",
        "name": "",
    }
    with domain.engine.begin() as connection:
        connection.execute(insert(application_reference), row)
    domain.update("i", ROLES)
    assert domain.references("i") == []
    with domain.engine.connect() as connection:
        found = connection.execute(select(application_reference.c.usage)).scalars().all()
    assert found == ["later"]

"""Deprovision: all credentials of the instance end with it (A6)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from broker.audit.actor import platform_actor
from broker.errors import InstanceNotFound, InvalidRequest
from broker.lifecycle.requests import DeleteRequest
from broker.store.tables.core import client, credential, service_binding, service_instance
from broker.store.tables.declared import application_reference, role_collection, role_template
from tests.support.domain import APPLICATION, CALLER, SERVICE, Domain

DESCRIPTOR = {
    "xsappname": "app",
    "authorities": ["$XSAPPNAME(application,other)"],
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [{"name": "All", "role-template-references": ["$XSAPPNAME.Viewer"]}],
    "oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret", "x509"]},
}
TABLES = (
    service_instance,
    client,
    service_binding,
    credential,
    application_reference,
    role_template,
    role_collection,
)


def rows(domain: Domain) -> list[int]:
    with domain.engine.connect() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in TABLES
        ]


def test_no_row_of_it_is_left(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    for type_ in ("binding-secret", "instance-secret", "x509"):
        on_sqlite.bind("i", type_, {"credential-type": type_})
    assert 0 not in rows(on_sqlite)
    on_sqlite.deprovision("i")
    assert rows(on_sqlite) == [0] * len(TABLES)


def test_other_instances_stay(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    on_sqlite.provision("j", {"xsappname": "other"})
    credentials = on_sqlite.bind("j", "b")
    on_sqlite.deprovision("i")
    assert on_sqlite.accepts(credentials)


def test_a_reference_to_it_is_pinned_to_nothing_afterwards(on_sqlite: Domain) -> None:
    on_sqlite.provision("other", {"xsappname": "other"})
    on_sqlite.provision("i", DESCRIPTOR)
    assert [each.target_app_id for each in on_sqlite.references("i")] == ["other!t1"]
    on_sqlite.deprovision("other")
    assert [each.target_app_id for each in on_sqlite.references("i")] == [None]


def test_another_platform_and_another_plan_are_refused(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    with pytest.raises(InstanceNotFound):
        on_sqlite.deprovision_(DeleteRequest(platform_actor("other"), "i", SERVICE, APPLICATION))
    with pytest.raises(InvalidRequest):
        on_sqlite.deprovision_(DeleteRequest(CALLER, "i", SERVICE, "other"))
    assert on_sqlite.instance("i").instance_id == "i"

"""Deprovision: all credentials of the instance end with it (A6)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from broker.audit.actor import platform_actor
from broker.errors import InstanceNotFound, InvalidRequest
from broker.lifecycle.requests import DeleteRequest
from broker.store.tables.core import client, credential, service_binding, service_instance
from broker.store.tables.declared import application_reference, role_collection, role_template
from tests.support.domain import APPLICATION, CALLER, SERVICE, Domain
from tests.support.role_collections import built_in_rows

DESCRIPTOR: dict[str, Any] = {
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
            - len(built_in_rows(connection, table))
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


def is_held(domain: Domain, name: str = "app") -> bool:
    """Return whether the application id is held; release it."""
    return domain.transactions.run(lambda store: store.held_names.release(f"{name}!t1"))


def granting(usage: str, *applications: str, name: str = "app") -> dict[str, Any]:
    return {"xsappname": name, "scopes": [{"name": "$XSAPPNAME.read", usage: [*applications]}]}


GRANTS = ("granted-apps", "grant-as-authority-to-apps")
OTHER = "$XSAPPNAME(application,other)"


def test_a_name_that_only_its_owner_knew_is_free_at_once(domain: Domain) -> None:
    """D-55: also if the application accepts scopes, or grants one to a missing application."""
    domain.provision("other", {"xsappname": "other"})
    for parameters in (
        {"xsappname": "app"},
        DESCRIPTOR | {"authorities": [OTHER, "$ACCEPT_GRANTED_AUTHORITIES"]},
        granting("granted-apps", "$XSAPPNAME(application,missing)"),
    ):
        domain.provision("i", parameters)
        domain.update("i", parameters)
        domain.deprovision("i")
        assert not is_held(domain)
        domain.provision("i", parameters, space_guid="elsewhere")
        domain.deprovision("i")


def test_the_name_of_an_application_that_had_a_binding_is_held(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    domain.bind("i", "b")
    domain.unbind("i", "b")
    domain.deprovision("i")
    assert is_held(domain)


def test_a_refused_binding_does_not_hold_the_name(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    with pytest.raises(InvalidRequest):
        domain.bind("i", "b", {"credential-type": "x509"})
    domain.deprovision("i")
    assert not is_held(domain)


@pytest.mark.parametrize("usage", GRANTS)
@pytest.mark.parametrize("first", ["app", "other"])
def test_both_names_of_a_grant_are_held(domain: Domain, usage: str, first: str) -> None:
    """Also if the grant was withdrawn before the deletion."""
    descriptors = {"app": granting(usage, OTHER), "other": {"xsappname": "other"}}
    for name in sorted(descriptors, key=lambda each: each != first):
        domain.provision(name, descriptors[name])
    domain.update("app", {"xsappname": "app"})
    for name in descriptors:
        domain.deprovision(name)
        assert is_held(domain, name)


def test_a_grant_by_service_instance_name_holds_the_name(domain: Domain) -> None:
    domain.provision("app", granting(GRANTS[1], "$XSSERVICENAME(my-uaa)"))
    domain.provision("other", {"xsappname": "other"}, context={"instance_name": "my-uaa"})
    for name in ("app", "other"):
        domain.deprovision(name)
        assert is_held(domain, name)


@pytest.mark.parametrize("was_bound", [True, False])
def test_an_instance_of_an_older_version_holds_its_name(domain: Domain, *, was_bound: bool) -> None:
    """Its row has the column's default; its binding to a new row leaves an audit event only."""
    domain.provision("i", {"xsappname": "app"})
    if was_bound:
        domain.bind("i", "b")
        domain.unbind("i", "b")
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(holds_name=not was_bound))
    domain.deprovision("i")
    assert is_held(domain)


def test_a_grant_of_an_older_version_holds_both_names(domain: Domain) -> None:
    domain.provision("other", {"xsappname": "other"})
    domain.provision("app", granting(GRANTS[0], OTHER))
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(holds_name=False))
    for name in ("app", "other"):
        domain.deprovision(name)
        assert is_held(domain, name)


def test_a_name_stays_held_for_its_first_owner(domain: Domain) -> None:
    """An unused successor in the same space does not end the hold."""
    domain.provision("i", {"xsappname": "app"})
    domain.bind("i", "b")
    domain.deprovision("i")
    domain.provision("j", {"xsappname": "app"})
    domain.deprovision("j")
    with pytest.raises(InvalidRequest, match="belonged to a deleted service instance"):
        domain.provision("k", {"xsappname": "app"}, space_guid="elsewhere")


def test_a_concurrent_bind_holds_the_name_or_finds_no_instance(domain: Domain) -> None:
    """Both hold the instance's lock."""
    domain.provision("i", {"xsappname": "app"})
    start = threading.Barrier(2)

    def bind() -> bool:
        start.wait()
        try:
            domain.bind("i", "b")
        except InstanceNotFound:
            return False
        return True

    with ThreadPoolExecutor(1) as thread:
        bound = thread.submit(bind)
        start.wait()
        domain.deprovision("i")
        assert is_held(domain) == bound.result()

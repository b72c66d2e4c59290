"""References in the database: kept ones keep their pin, unresolved ones are pinned (D-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from broker.authorization.reference import Reference, ResolvedReference
from broker.descriptor.declarations import Usage
from broker.ids import new_row_id
from broker.store.tables.declared import application_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.instances.model import Instance
    from broker.store.authorization.application_references import ReferenceTable
    from tests.support.domain import Domain

ACCEPT, GRANT = Usage.AUTHORITIES, Usage.GRANT_AS_AUTHORITY
ROLES: dict[str, Any] = {"xsappname": "app"}
B, BY_SERVICE = Reference(ACCEPT, "", "b!t1", "", ""), Reference(ACCEPT, "", "", "my-b", "")


def within(domain: Domain, work: Callable[[ReferenceTable], object]) -> None:
    domain.transactions.run(lambda found: work(found.references))


def provisioned(domain: Domain, name: str, **changes: Any) -> Instance:
    return domain.provision(name, {"xsappname": name}, **changes).instance


def pins(domain: Domain, instance_id: str) -> dict[Reference, str | None]:
    return {each.reference: each.target_app_id for each in domain.references(instance_id)}


def test_references_become_exactly_the_declared_ones(on_sqlite: Domain) -> None:
    app = provisioned(on_sqlite, "app")
    everything = Reference(ACCEPT, "", "", "", "")
    within(on_sqlite, lambda table: table.replace(app, {B, everything}))
    assert on_sqlite.references("app") == [
        ResolvedReference(everything, None),
        ResolvedReference(B, None),
    ]
    within(on_sqlite, lambda table: table.replace(app, {BY_SERVICE}))
    assert pins(on_sqlite, "app") == {BY_SERVICE: None}
    within(on_sqlite, lambda table: table.replace(app, set()))
    assert pins(on_sqlite, "app") == {}


def test_references_are_pinned_at_once_or_when_the_target_is_created(on_sqlite: Domain) -> None:
    app = provisioned(on_sqlite, "app")
    provisioned(on_sqlite, "b", context={"instance_name": "my-b"})
    within(on_sqlite, lambda table: table.replace(app, {B, BY_SERVICE}))
    assert pins(on_sqlite, "app") == {B: "b!t1", BY_SERVICE: "b!t1"}
    late = Reference(GRANT, "read", "late!t1", "", "")
    within(on_sqlite, lambda table: table.replace(app, {late}))
    provisioned(on_sqlite, "late")
    assert pins(on_sqlite, "app") == {late: "late!t1"}


def test_a_service_instance_is_found_in_the_own_space_only(on_sqlite: Domain) -> None:
    app = provisioned(on_sqlite, "app")
    provisioned(on_sqlite, "b", context={"instance_name": "my-b"}, space_guid="other")
    within(on_sqlite, lambda table: table.replace(app, {BY_SERVICE}))
    assert pins(on_sqlite, "app") == {BY_SERVICE: None}
    provisioned(on_sqlite, "c", context={"instance_name": "my-b"})
    assert pins(on_sqlite, "app") == {BY_SERVICE: "c!t1"}


def test_another_reference_to_the_same_application_shares_its_pin(on_sqlite: Domain) -> None:
    """A new reference does not resolve to a successor in another space either."""
    app = provisioned(on_sqlite, "app")
    provisioned(on_sqlite, "b")
    within(on_sqlite, lambda table: table.replace(app, {B}))
    on_sqlite.deprovision("b")
    on_sqlite.clock.advance(days=2)
    provisioned(on_sqlite, "b", space_guid="other")
    more = Reference(ACCEPT, "", "b!t1", "", "look")
    within(on_sqlite, lambda table: table.replace(app, {B, more}))
    assert pins(on_sqlite, "app") == {B: None, more: None}
    on_sqlite.deprovision("b")
    on_sqlite.clock.advance(days=2)
    provisioned(on_sqlite, "b")
    assert pins(on_sqlite, "app") == {B: "b!t1", more: "b!t1"}


@pytest.mark.parametrize("usage", [GRANT, Usage.GRANTED_APPS])
def test_zones_of_grantees_are_those_of_grants_alone(on_sqlite: Domain, usage: Usage) -> None:
    app = provisioned(on_sqlite, "app")
    b = provisioned(on_sqlite, "b")
    within(on_sqlite, lambda table: table.replace(app, {B}))
    found = on_sqlite.transactions.read(lambda each: each.references.zones_of_grantees(app.client))
    assert found == []
    references = {B} | {Reference(usage, name, "b!t1", "", "") for name in ("read", "write")}
    within(on_sqlite, lambda table: table.replace(app, references))
    found = on_sqlite.transactions.read(lambda each: each.references.zones_of_grantees(app.client))
    assert found == [b.client.zone]


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

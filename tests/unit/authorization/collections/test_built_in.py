"""Built-in applications (D-56, I-156)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from broker.authorization.collections.assign import assign as within_transaction
from broker.authorization.collections.built_in import (
    CompleteBuiltIn,
    operator_zone,
)
from broker.authorization.collections.names import ADMINISTRATORS, OPERATORS, VIEWERS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.errors import InvalidRequest, NotFound
from broker.identity.administered_zone import administered_zone
from broker.ids import new_row_id
from broker.store.reports.consistency import find_problems
from broker.store.tables.core import client
from broker.store.tables.declared import role_collection, role_template
from broker.store.zones import StoredZones
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_each_zone_has_its_application(domain: Domain) -> None:
    """I-156."""
    domain.provision("i", {"xsappname": "app"})
    found = ZoneCollections(domain.transactions).all("1")
    assert [(each.collection.name, [str(role) for role in each.roles]) for each in found] == [
        (ADMINISTRATORS, ["User and Role Administrator (xsuaa!t1, xsuaa_admin)"]),
        (VIEWERS, ["User and Role Auditor (xsuaa!t1, xsuaa_auditor)"]),
    ]
    assert all(each.collection.is_read_only for each in found)
    with domain.engine.connect() as connection:
        scopes = dict(
            connection.execute(select(role_template.c.name, role_template.c.scopes)).all()
        )
        row = connection.execute(select(client).where(client.c.app_id == "xsuaa!t1")).one()
    assert scopes["xsuaa_auditor"] == '["xs_authorization.read","xs_idp.read","xs_user.read"]'
    assert scopes["xsuaa_admin"].count("xs_") == 6
    assert (row.client_id, row.grant_types, row.credential_types) == ("sb-xsuaa!t1", "", "")


def test_the_application_counts_as_no_instance(on_sqlite: Domain) -> None:
    on_sqlite.max_instances = 1
    on_sqlite.use_zone_rules(())
    zone = on_sqlite.provision("i", {"xsappname": "app"}).instance.client.zone
    assert on_sqlite.transactions.read(lambda store: store.instances.count(zone)) == 1
    with pytest.raises(InvalidRequest, match="already has 1 service instances"):
        on_sqlite.provision("j", {"xsappname": "other"})
    assert find_problems(on_sqlite.engine, on_sqlite.keys) == []


def forget(domain: Domain) -> None:
    """Leave the database as an older version does."""
    with domain.engine.begin() as connection:
        connection.execute(delete(client).where(client.c.service_instance_guid == ""))
        connection.execute(update(role_collection).values(folded_name=None))


def test_an_upgrade_completes_zones(domain: Domain) -> None:
    """Twice is as good as once; names of an older version get their folded form (I-162)."""
    domain.provision("i", descriptor("app", "All"))
    domain.provision("j", organization_guid="other")
    forget(domain)
    complete = CompleteBuiltIn(domain.transactions, domain.clock)
    assert [complete(OPERATOR), complete(OPERATOR)] == [2, 0]
    with domain.engine.connect() as connection:
        folded = connection.execute(select(role_collection.c.folded_name)).scalars().all()
    assert "all" in folded
    assert None not in folded


def test_a_declared_collection_of_an_older_version_gives_its_name_back(
    on_sqlite: Domain,
) -> None:
    """TH-11, before: the built-in collection never is a declared one."""
    zone = on_sqlite.provision("i", descriptor("app", "All")).instance.client.zone
    forget(on_sqlite)
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(role_collection).values(name=ADMINISTRATORS))
    on_sqlite.transactions.run(lambda store: store.built_in.ensure(zone))
    found = ZoneCollections(on_sqlite.transactions).show("1", ADMINISTRATORS)
    assert found.collection.app_id == "xsuaa!t1"


def test_an_assignment_creates_a_missing_application(on_sqlite: Domain) -> None:
    """On demand: an older version created the zone after the upgrade."""
    zone = on_sqlite.provision("i").instance.client.zone
    forget(on_sqlite)
    assert assign(on_sqlite, stored_user(on_sqlite, zone), ADMINISTRATORS)


def test_the_operators_zone_is_out_of_reach(domain: Domain) -> None:
    """D-56: no name finds it; it is the same each time."""
    first = domain.transactions.run(operator_zone)
    assert domain.transactions.run(operator_zone) == first
    assert domain.provision("i").instance.client.zone.index == 1
    for name in ("0", "00", first.guid, first.subdomain):
        with pytest.raises(NotFound):
            domain.transactions.read(partial(administered_zone, name=name))
    zones = StoredZones(domain.engine)
    assert not zones.has_guid(first.guid)
    assert not zones.has_subdomain(first.subdomain)
    assert not zones.is_named(0, guid=first.guid)
    listed = domain.transactions.read(lambda store: store.tenants.zones())
    assert [each.zone.index for each in listed] == [1]


def test_operators_hold_a_collection_of_their_zone(on_sqlite: Domain) -> None:
    zone = on_sqlite.transactions.run(operator_zone)
    user = stored_user(on_sqlite, zone)

    assert on_sqlite.transactions.run(
        lambda store: within_transaction(store, OPERATOR, user, OPERATORS)
    )
    last = on_sqlite.transactions.run(lambda store: store.assignments.is_last_administrator(user))
    assert last


@pytest.mark.parametrize("reference", ["operator!t0.Operator", "$XSAPPNAME(application,operator)"])
def test_no_reference_reaches_the_operators_application(on_sqlite: Domain, reference: str) -> None:
    """D-56."""
    on_sqlite.transactions.run(operator_zone)
    try:
        on_sqlite.provision("i", {"xsappname": "app", "foreign-scope-references": [reference]})
    except InvalidRequest:
        return
    assert {each.target_app_id for each in on_sqlite.references("i")} <= {None}


def test_new_rows_need_no_owner_of_an_instance(on_sqlite: Domain) -> None:
    """Other applications' clients without instance are still reported."""
    zone = on_sqlite.provision("i").instance.client.zone
    with on_sqlite.engine.begin() as connection:
        connection.execute(
            client.insert().values(
                id=new_row_id(),
                zone_row_id=zone.row_id,
                client_id="sb-lost!t1",
                app_id="lost!t1",
                service_instance_guid="lost",
                credential_types="",
                authorities="",
                epoch=1,
            )
        )
    [problem] = find_problems(on_sqlite.engine, on_sqlite.keys)
    assert "sb-lost!t1" in problem.problem

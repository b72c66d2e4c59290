"""Rows of earlier versions get tenants and spaces; pins to other zones are dissolved (D-53)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.authorization.reference import Reference
from broker.descriptor.declarations import Usage
from broker.identity.zone import ZoneRule
from broker.ids import name_based_guid
from broker.lifecycle.zones.complete import names_target_zone
from broker.lifecycle.zones.ports import Pin
from broker.store.tables.core import audit_event, service_instance
from broker.store.tables.declared import application_reference
from tests.support.domain import OPERATOR
from tests.support.instances import ZONE
from tests.support.tenants import EarlierZones, complete_tenants, forget_tenants

if TYPE_CHECKING:
    from tests.support.domain import Domain

ACCEPTING = {"xsappname": "b", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}


def granting(grantee: str) -> dict[str, Any]:
    scope = {"name": "$XSAPPNAME.Pay", "grant-as-authority-to-apps": [grantee]}
    return {"xsappname": "a", "scopes": [scope]}


def place(subaccount: str, name: str, **context: str) -> dict[str, Any]:
    return {
        "organization_guid": "-",
        "space_guid": "-",
        "context": {
            "platform": "sapcp",
            "subaccount_id": subaccount,
            "instance_name": name,
            **context,
        },
    }


def pin_as_an_earlier_version(domain: Domain, owner: str, target: str) -> None:
    """Pin all references of the owner to the target, whatever its zone and space."""
    rows = {name: domain.instance(name).client.row_id for name in (owner, target)}
    with domain.engine.begin() as connection:
        connection.execute(
            update(application_reference)
            .where(application_reference.c.client_row_id == rows[owner])
            .values(target_row_id=rows[target])
        )


def spaces(domain: Domain) -> dict[str, tuple[str | None, str | None]]:
    with domain.engine.connect() as connection:
        rows = connection.execute(
            select(
                service_instance.c.instance_id, service_instance.c.tenant, service_instance.c.space
            )
        )
        return {row.instance_id: (row.tenant, row.space) for row in rows}


def events(domain: Domain, action: str) -> list[tuple[str, dict[str, Any]]]:
    with domain.engine.connect() as connection:
        rows = connection.execute(
            select(audit_event.c.instance_id, audit_event.c.details).where(
                audit_event.c.action == action, audit_event.c.actor_id == OPERATOR.id
            )
        )
        return [(row.instance_id, json.loads(row.details)) for row in rows]


def test_tenants_and_spaces_of_earlier_rows(domain: Domain) -> None:
    domain.use_zones(EarlierZones())
    domain.provision("i", ACCEPTING, **place("one", "uaa", clusterid="c", namespace="n"))
    domain.provision("j", {"xsappname": "j"}, **place("one", "uaa"))
    domain.provision("k", {"xsappname": "k"}, organization_guid="org", space_guid="space")
    zone_guid = domain.instance("j").client.zone.guid
    forget_tenants(domain)
    assert complete_tenants(domain) == (3, 0)
    assert spaces(domain) == {
        "i": ("subaccount:one", name_based_guid("namespace", "default", "c", "n")),
        "j": ("subaccount:one", zone_guid),
        "k": ("organization:org", name_based_guid("space", "default", "space")),
    }
    assert complete_tenants(domain) == (0, 0)
    assert events(domain, "place-instances") == [("", {"instances": 3})]


def test_a_space_that_an_earlier_version_stores_beside_this_one(on_sqlite: Domain) -> None:
    """During a rolling upgrade, an update by an earlier version stores its space again."""
    on_sqlite.provision("i", ACCEPTING, **place("one", "uaa"))
    before = spaces(on_sqlite)
    assert complete_tenants(on_sqlite) == (0, 0)
    stale = name_based_guid("space", "default", "-")
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(space=stale))
    assert complete_tenants(on_sqlite) == (1, 0)
    assert spaces(on_sqlite) == before


def test_an_unreadable_context_is_an_unidentified_tenant(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", ACCEPTING, **place("one", "uaa"))
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(context="{", tenant=None))
    assert complete_tenants(on_sqlite) == (1, 0)
    assert spaces(on_sqlite)["i"][0] == "default"


def test_a_pin_to_another_zone_is_dissolved_and_listed(domain: Domain) -> None:
    """By name of a service instance in the space of the placeholder, which all tenants shared."""
    domain.provision("a", granting("$XSSERVICENAME(uaa)"), **place("one", "owner"))
    domain.provision("b", ACCEPTING, **place("two", "uaa"))
    assert domain.scopes("b") == ("uaa.resource",)
    pin_as_an_earlier_version(domain, "a", "b")
    forget_tenants(domain)
    app_id = domain.instance("a").client.app_id
    domain.update("b", ACCEPTING)
    assert domain.scopes("b") == (f"{app_id}.Pay", "uaa.resource")
    assert complete_tenants(domain) == (2, 1)
    assert domain.scopes("b") == ("uaa.resource",)
    [(instance_id, details)] = events(domain, "dissolve-pins")
    assert instance_id == "a"
    assert details["pins"] == 1
    [listed] = details["references"]
    assert listed["application"] == domain.instance("b").client.app_id
    assert listed["reference"].endswith(": uaa")
    assert complete_tenants(domain) == (0, 0)


def test_a_dissolved_pin_is_resolved_in_the_own_space(domain: Domain) -> None:
    domain.provision("b", ACCEPTING, **place("two", "uaa"))
    domain.provision("own", ACCEPTING, **place("one", "uaa"))
    domain.provision("a", granting("$XSSERVICENAME(uaa)"), **place("one", "owner"))
    pin_as_an_earlier_version(domain, "a", "b")
    assert complete_tenants(domain) == (0, 1)
    assert domain.scopes("b") == ("uaa.resource",)
    assert len(domain.scopes("own")) == 2


def test_a_pin_to_a_named_zone_stays(domain: Domain) -> None:
    rules = [ZoneRule("one", organization_guid="one"), ZoneRule("two", organization_guid="two")]
    domain.use_zone_rules(rules)
    domain.provision("b", ACCEPTING, organization_guid="two")
    domain.provision("a", granting("$XSAPPNAME(application,two,b)"), organization_guid="one")
    assert len(domain.scopes("b")) == 2
    assert complete_tenants(domain) == (0, 0)
    assert len(domain.scopes("b")) == 2


OTHER = ZONE.__class__(2, 9, "0a1b2c3d-0000-4000-8000-000000000009", "zone-9", 1)


@pytest.mark.parametrize(
    ("app_id", "owner", "in_other_zone", "expected"),
    [
        ("b!t9", "a!t7", True, True),
        ("b!t7", "a!t7", True, False),
        ("b!t7", "a!t7", False, True),
        ("b!t9", "a!t9", True, False),
        ("", "a!t7", False, False),
        ("", "a!t7", True, False),
        ("sap:b", "a!t7", True, False),
    ],
)
def test_whether_a_reference_names_the_zone_of_its_target(
    app_id: str, owner: str, *, in_other_zone: bool, expected: bool
) -> None:
    pin = Pin(
        row_id=1,
        reference=Reference(Usage.AUTHORITIES, "", app_id, "" if app_id else "uaa", "Pay"),
        instance_id="a",
        app_id=owner,
        zone=ZONE,
        space="s",
        target_row_id=2,
        target_app_id="b!t9",
        target_zone=OTHER if in_other_zone else ZONE,
    )
    assert names_target_zone(pin) is expected

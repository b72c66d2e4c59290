"""A zone can be created before its first service instance (D-53)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from broker.audit.actor import platform_actor
from broker.errors import ConfigurationError
from broker.identity.tenant import Tenancy
from broker.identity.zone import ZoneDirectory, ZoneRule
from broker.lifecycle.zones.ensure import EnsureZone
from broker.store.tables.core import audit_event
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def ensure(
    domain: Domain, members: dict[str, str], platform: str = "default", name: str = ""
) -> tuple[Zone, bool]:
    service = EnsureZone(domain.transactions, domain.declare.zones, domain.clock)
    return service(OPERATOR, platform, members, name)


def test_the_first_instance_gets_the_zone(domain: Domain) -> None:
    organization = str(uuid4())
    created, is_new = ensure(domain, {"organization_guid": organization}, name="My Org")
    assert is_new
    assert (created.guid, created.subdomain) == (organization, f"my-org-{created.index}")
    assert ensure(domain, {"organization_guid": organization}, name="Other") == (created, False)
    context = {"platform": "cloudfoundry", "organization_name": "Renamed"}
    provisioned = domain.provision("i", organization_guid=organization, context=context)
    assert provisioned.instance.client.zone == created
    assert ensure(domain, {"organization_guid": organization}) == (created, False)
    with domain.engine.connect() as connection:
        found = connection.execute(
            select(audit_event.c.subject_id).where(audit_event.c.action == "create-zone")
        ).all()
    assert found == [(organization,)]


@pytest.mark.parametrize(
    ("members", "context"),
    [
        ({"subaccount_id": "s"}, {"platform": "sapcp", "subaccount_id": "s"}),
        (
            {"clusterid": "c", "namespace": "n"},
            {"platform": "kubernetes", "clusterid": "c", "namespace": "n"},
        ),
        ({}, {"platform": "cloudfoundry"}),
    ],
)
def test_any_tenant_of_a_platform(
    on_sqlite: Domain, members: dict[str, str], context: dict[str, str]
) -> None:
    created, _ = ensure(on_sqlite, members)
    provisioned = on_sqlite.provision("i", organization_guid="-", context=context)
    assert provisioned.instance.client.zone == created


def test_rules_and_platforms_apply(on_sqlite: Domain) -> None:
    on_sqlite.use_zones(
        ZoneDirectory([ZoneRule("acme", subaccount_id="s")], {"manager": Tenancy("subaccount_id")})
    )
    created, _ = ensure(on_sqlite, {"subaccount_id": "s"}, "manager")
    assert created.subdomain == "acme"
    provisioned = on_sqlite.provision(
        "i", caller=platform_actor("manager"), context={"subaccount_id": "s"}
    )
    assert provisioned.instance.client.zone == created
    for platform, members in (
        ("manager", {}),
        ("manager", {"organization_guid": "o"}),
        ("manager", {"subaccount_id": "-"}),
        ("unknown", {"subaccount_id": "s"}),
    ):
        with pytest.raises(ConfigurationError, match=f"^Platform {platform}"):
            ensure(on_sqlite, members, platform)

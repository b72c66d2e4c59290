"""Zones: derived from a platform's context and stable forever (D-09)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from broker.audit.actor import platform_actor
from broker.errors import ConfigurationError
from broker.identity.tenant import Tenancy
from broker.identity.zone import ZoneDirectory, ZoneOverview, ZoneRule, overview_named
from broker.ids import is_canonical_guid
from tests.support.domain import CALLER, Domain
from tests.support.instances import ZONE
from tests.support.tenants import EarlierZones, complete_tenants, forget_tenants

if TYPE_CHECKING:
    from broker.identity.zone import Zone

KUBERNETES = {"platform": "kubernetes", "clusterid": "c1", "namespace": "Team A"}


def zone(domain: Domain, **request: Any) -> Zone:
    return domain.provision(str(uuid4()), **request).instance.client.zone


@pytest.mark.parametrize(
    ("context", "organization", "key"),
    [
        (KUBERNETES, None, "kubernetes:c1/Team A"),
        (KUBERNETES, "org", "kubernetes:c1/Team A"),
        ({"platform": "kubernetes"}, "org", "default"),
        ({"platform": "sapcp", "subaccount_id": "s"}, "-", "subaccount:s"),
        ({"platform": "cloudfoundry"}, "-", "default"),
        ({"platform": "cloudfoundry"}, "org", "organization:org"),
        ({}, "org", "organization:org"),
        ({}, None, "default"),
    ],
)
def test_which_member_decides(context: dict[str, str], organization: str | None, key: str) -> None:
    assert ZoneDirectory().key("default", context, organization).external_key == key


def test_one_organization_is_one_zone_regardless_of_its_name(domain: Domain) -> None:
    guid = str(uuid4())
    first = zone(domain, organization_guid=guid, context={"organization_name": "My Org!"})
    renamed = zone(domain, organization_guid=guid, context={"organization_name": "Other"})
    assert first == renamed
    assert first.guid == guid
    assert first.subdomain == f"my-org-{first.index}"


def test_every_zone_has_its_own_index_guid_and_subdomain(domain: Domain) -> None:
    zones = [
        zone(domain, organization_guid="a"),
        zone(domain, organization_guid="b"),
        zone(domain, organization_guid=None),
        zone(domain, organization_guid=None, context=KUBERNETES),
    ]
    assert [found.index for found in zones] == [1, 2, 3, 4]
    assert len({found.guid for found in zones}) == 4
    assert len({found.subdomain for found in zones}) == 4
    assert all(is_canonical_guid(found.guid) for found in zones)


def test_another_platform_s_organization_is_another_zone(domain: Domain) -> None:
    """D-35: the same GUID from another platform gives no access."""
    guid = str(uuid4())
    domain.use_zones(ZoneDirectory((), {"default": Tenancy(gives_guids=True), "other": Tenancy()}))
    ours = zone(domain, organization_guid=guid)
    theirs = zone(domain, organization_guid=guid, caller=platform_actor("other"))
    assert ours.index != theirs.index
    assert ours.guid == guid != theirs.guid
    first = str(uuid4())
    theirs = zone(domain, organization_guid=first, caller=platform_actor("other"))
    assert theirs.guid != first, "only the default platform's GUID becomes the zone's"


def test_an_operator_s_rule_goes_first_and_may_join_platforms(migrated_url: str) -> None:
    """D-09."""
    guid = str(uuid4())
    rules = [
        ZoneRule("acme", guid=guid, organization_guid="org-1"),
        ZoneRule("acme", guid=guid, platform="other", clusterid="c1"),
        ZoneRule("rest", platform="other"),
    ]
    domain = Domain(migrated_url, zone_rules=rules)
    other = platform_actor("other")
    joined = zone(domain, organization_guid="org-1")
    assert (joined.subdomain, joined.guid) == ("acme", guid)
    assert zone(domain, organization_guid=None, context=KUBERNETES, caller=other) == joined
    assert zone(domain, organization_guid="org-2", caller=other).subdomain == "rest"
    assert zone(domain, organization_guid="org-2").subdomain == "zone-3"
    domain.close()


def test_a_zone_is_fixed_at_provision(migrated_url: str) -> None:
    """A later rule moves no existing instance and reuses no other zone's subdomain."""
    before = Domain(migrated_url)
    old = before.provision("i", {"xsappname": "app"}, organization_guid="org").instance
    before.close()
    taken = ZoneRule(old.client.zone.subdomain, organization_guid="other")
    after = Domain(migrated_url, zone_rules=[ZoneRule("acme", organization_guid="org"), taken])
    assert after.fetch_.instance(CALLER, "i").client == old.client
    assert zone(after, organization_guid="org").subdomain == "acme"
    with pytest.raises(ConfigurationError, match="XSUAA_ZONES: subdomain"):
        zone(after, organization_guid="other")
    after.close()


def test_rules_over_a_cluster_do_not_match_what_a_tenant_chooses() -> None:
    """Behind SAP Service Manager, clusters and namespaces are chosen by the tenants."""
    directory = ZoneDirectory([ZoneRule("acme", clusterid="c1", namespace="n")])
    inside = {"clusterid": "c1", "namespace": "n"}
    assert directory.key("default", {"platform": "kubernetes", **inside}, None).is_mapped
    sent = {"platform": "sapcp", "origin": "kubernetes", "subaccount_id": "s", **inside}
    assert directory.key("default", sent, "-").external_key == "subaccount:s"


def test_rules_map_subaccounts_and_requests_without_a_tenant() -> None:
    rules = [ZoneRule("acme", subaccount_id="s"), ZoneRule("rest", platform="manager")]
    directory = ZoneDirectory(rules, {"manager": Tenancy()})
    manager = {"platform": "sapcp"}
    key = directory.key("manager", {**manager, "subaccount_id": "s"}, "-")
    assert (key.fixed_subdomain, key.tenant) == ("acme", "subaccount:s")
    unknown = directory.key("manager", manager, "-")
    assert (unknown.fixed_subdomain, unknown.tenant) == ("rest", "")


def test_an_organization_that_has_a_zone_keeps_it(domain: Domain) -> None:
    """Kubernetes without cluster and namespace was in the zone of the organization."""
    known = zone(domain, organization_guid="org")
    assert zone(domain, organization_guid="org", context={"platform": "kubernetes"}) == known
    other = zone(domain, organization_guid="other", context={"platform": "kubernetes"})
    assert other.subdomain == f"default-{other.index}"


def test_a_single_tenant_that_sends_a_placeholder_keeps_its_zone(domain: Domain) -> None:
    """Whose zone is not mixed, although all its organizations are ``-``."""
    domain.use_zones(EarlierZones())
    earlier = zone(domain, organization_guid="-")
    zone(domain, organization_guid="-")
    forget_tenants(domain)
    complete_tenants(domain)
    assert zone(domain, organization_guid="-") == earlier
    [overview] = domain.transactions.read(lambda store: store.tenants.zones())
    assert not overview.is_mixed


def test_a_tenant_keeps_the_zone_that_an_earlier_version_gave_it(domain: Domain) -> None:
    """Until another tenant is in that zone."""
    context = {"platform": "sapcp", "subaccount_id": "one"}
    domain.use_zones(EarlierZones())
    earlier = zone(domain, organization_guid="-", context=context)
    forget_tenants(domain)
    complete_tenants(domain)
    assert zone(domain, organization_guid="-", context=context) == earlier
    domain.use_zones(EarlierZones())
    zone(domain, organization_guid="-", context={**context, "subaccount_id": "two"})
    forget_tenants(domain)
    complete_tenants(domain)
    assert zone(domain, organization_guid="-", context=context) != earlier


@pytest.mark.parametrize(
    ("changes", "is_mixed"),
    [
        ({}, False),
        ({"tenants": 2}, True),
        ({"tenants": 2, "platform": ""}, False),
        ({"unidentified": 2}, False),
        ({"unidentified": 2, "external_key": "organization:-"}, True),
        ({"unidentified": 1, "instances": 1, "external_key": "organization:-"}, False),
        ({"external_key": "organization:-"}, False),
    ],
)
def test_a_zone_is_mixed_if_it_may_have_several_tenants(
    changes: dict[str, Any], *, is_mixed: bool
) -> None:
    values = {
        "zone": ZONE,
        "platform": "default",
        "external_key": "organization:o",
        "instances": 2,
        "tenants": 1,
        "unidentified": 0,
    }
    overview = ZoneOverview(**(values | changes))  # type: ignore[arg-type]
    assert overview.is_mixed is is_mixed


def test_an_index_names_a_zone_before_a_guid_and_a_subdomain() -> None:
    """A subdomain of the configuration may be another zone's index or GUID."""

    def overview(index: int, guid: str, subdomain: str) -> ZoneOverview:
        zone = replace(ZONE, index=index, guid=guid, subdomain=subdomain)
        return ZoneOverview(zone, "default", "key", 1, 1, 0)

    zones = overview(1, "g-1", "2"), overview(2, "g-2", "g-1"), overview(3, "g-3", "zone-3")
    expected = {"2": 2, "g-1": 1, "zone-3": 3, "g-3": 3, "8": None}
    for name, index in expected.items():
        found = overview_named(zones, name)
        assert (found and found.zone.index) == index

"""Zones: derived from a platform's context and stable forever (D-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from broker.audit.actor import platform_actor
from broker.errors import ConfigurationError
from broker.identity.zone import ZoneDirectory, ZoneRule
from broker.ids import is_canonical_guid
from tests.support.domain import CALLER, Domain

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
        ({"platform": "kubernetes"}, "org", "organization:org"),
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
    ours = zone(domain, organization_guid=guid)
    theirs = zone(domain, organization_guid=guid, caller=platform_actor("other"))
    assert ours.index != theirs.index
    assert ours.guid != theirs.guid


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

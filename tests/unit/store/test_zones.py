"""Zones in the database: found or created, and never changed (D-09)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from broker.errors import ConfigurationError
from broker.identity.zone import ZoneKey
from broker.store.tables.core import service_instance
from broker.store.zones import StoredZones
from tests.support.instances import START
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def test_a_known_zone_is_not_queried_again(domain: Domain) -> None:
    zones = StoredZones(domain.engine)
    domain.provision("i", {"xsappname": "app"})
    credentials = domain.bind("i", "b")
    guid, subdomain = credentials["zoneid"], credentials["identityzone"]
    with statements_of(domain.engine) as statements:
        for _ in range(3):
            assert zones.has_guid(guid)
            assert zones.has_subdomain(subdomain)
    assert len(statements) == 2
    with statements_of(domain.engine) as statements:
        for _ in range(3):
            assert not zones.has_guid(subdomain)
            assert not zones.has_subdomain(guid)
    assert len(statements) == 6


def test_a_new_zone_is_found_at_once(domain: Domain) -> None:
    zones = StoredZones(domain.engine)
    domain.provision("i", {"xsappname": "app"}, organization_guid="first")
    name = domain.bind("i", "b")["identityzone"].replace("1", "2")
    assert not zones.has_subdomain(name)
    domain.provision("j", {"xsappname": "app"}, organization_guid="second")
    assert zones.has_subdomain(domain.bind("j", "b")["identityzone"])


GUID = "0a1b2c3d-0000-4000-8000-000000000001"


def zone(domain: Domain, platform: str, key: str, **more: Any) -> Zone:
    zone_key = ZoneKey(platform, key, **more)
    return domain.transactions.run(lambda found: found.zones.find_or_create(zone_key, START))


def test_index_and_guid_precede_another_zones_subdomain(domain: Domain) -> None:
    """D-53: rules may give any subdomain."""
    second = "0a1b2c3d-0000-4000-8000-000000000002"
    first = zone(domain, "any", "a", preferred_guid=GUID, fixed_subdomain="2")
    other = zone(domain, "any", "b", preferred_guid=second, fixed_subdomain=GUID)
    named = domain.transactions.read(
        lambda found: [found.zones.named(each) for each in ("1", "2", GUID, second, "3")]
    )
    assert named == [first, other, first, other, None]


def test_a_new_zone_takes_the_next_index_and_its_preferred_guid(on_sqlite: Domain) -> None:
    first = zone(on_sqlite, "default", "organization:1", preferred_guid=GUID, name="Über Us")
    assert (first.index, first.guid, first.subdomain) == (1, GUID, "ber-us-1")
    second = zone(on_sqlite, "default", "organization:2", preferred_guid="no guid")
    assert (second.index, second.subdomain) == (2, "zone-2")
    assert second.guid != "no guid"


def test_a_known_key_finds_its_zone_regardless_of_new_names(on_sqlite: Domain) -> None:
    first = zone(on_sqlite, "default", "organization:1", preferred_guid=GUID, name="one")
    assert zone(on_sqlite, "default", "organization:1", name="renamed") == first


def test_the_same_organization_of_two_platforms_is_two_zones(on_sqlite: Domain) -> None:
    """D-35."""
    one = zone(on_sqlite, "default", "organization:1", preferred_guid=GUID)
    two = zone(on_sqlite, "other", "organization:1", preferred_guid=GUID)
    assert (one.guid == GUID, two.guid == GUID) == (True, False)
    assert one.index != two.index
    assert zone(on_sqlite, "other", "organization:1", preferred_guid=GUID) == two


def test_a_name_based_guid_that_is_taken_has_a_successor(on_sqlite: Domain) -> None:
    """The GUIDs of organizations and rules may be any, also a name-based one of another zone."""
    other = ZoneKey("other", "organization:1")
    first, second = islice(other.guids(), 2)
    zone(on_sqlite, "default", "organization:1", preferred_guid=first)
    zone(on_sqlite, "", "mapped:a", preferred_guid=second, fixed_subdomain="a")
    late = zone(on_sqlite, "other", "organization:1")
    assert late.guid == next(islice(other.guids(), 2, None))
    assert zone(on_sqlite, "other", "organization:1") == late


def test_a_subdomain_that_a_rule_took_has_a_successor(on_sqlite: Domain) -> None:
    fixed = [zone(on_sqlite, "", f"mapped:{name}", fixed_subdomain=name) for name in ("a-3", "b-1")]
    assert [each.subdomain for each in fixed] == ["a-3", "b-1"]
    late = zone(on_sqlite, "default", "organization:1", name="a")
    assert (late.index, late.subdomain) == (3, "a-3-2")
    assert zone(on_sqlite, "default", "organization:2", name="a").subdomain == "a-4"


def test_a_fixed_subdomain_belongs_to_one_zone(on_sqlite: Domain) -> None:
    fixed = zone(on_sqlite, "", "mapped:shared", fixed_subdomain="shared")
    assert fixed.subdomain == "shared"
    assert zone(on_sqlite, "", "mapped:shared", fixed_subdomain="shared") == fixed
    with pytest.raises(ConfigurationError):
        zone(on_sqlite, "", "mapped:other", fixed_subdomain="shared")


def test_a_change_of_grants_advances_the_zone_s_epoch_alone(on_sqlite: Domain) -> None:
    """D-36."""
    one, two = (zone(on_sqlite, "default", name) for name in ("1", "2"))
    on_sqlite.transactions.run(lambda found: found.zones.grants_changed(one))
    epochs = [zone(on_sqlite, "default", name).grants_epoch for name in ("1", "2")]
    assert epochs == [one.grants_epoch + 1, two.grants_epoch]


def test_the_names_of_a_zone_are_compared_by_its_index(domain: Domain) -> None:
    zones = StoredZones(domain.engine)
    known, other = (zone(domain, "default", key, name=key) for key in ("one", "two"))
    for _ in range(2):
        assert zones.is_named(known.index, guid=known.guid)
        assert zones.is_named(known.index, subdomain=known.subdomain)
        assert not zones.is_named(known.index, guid=other.guid)
        assert not zones.is_named(known.index, subdomain=other.subdomain)
        assert not zones.is_named(99, guid=known.guid)


def test_a_zone_is_found_by_the_key_of_an_earlier_version(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", organization_guid="1")
    first = on_sqlite.instance("i").client.zone
    earlier = {"tenant": "default", "earlier_key": "organization:1"}
    assert zone(on_sqlite, "default", "default", **earlier) == first
    assert zone(on_sqlite, "other", "default", **earlier) != first
    empty = zone(on_sqlite, "default", "organization:2")
    earlier_empty = earlier | {"earlier_key": "organization:2"}
    assert zone(on_sqlite, "default", "default", **earlier_empty) == empty
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(service_instance).values(tenant="subaccount:s"))
    assert zone(on_sqlite, "default", "default", **earlier) != first

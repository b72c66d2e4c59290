"""Zones whose GUID may be that of another tenant (D-53)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from broker.identity.tenant import Tenancy
from broker.identity.zone import ZoneDirectory, ZoneKey, ZoneOverview, ZoneRule
from broker.lifecycle.zones.guids import suspicious_guids
from tests.support.instances import ZONE

ONE, TWO = (f"0a1b2c3d-0000-4000-8000-00000000000{number}" for number in (1, 2))
TENANCIES = {"default": Tenancy(gives_guids=True), "other": Tenancy()}


def found(*zones: tuple[str, str, str], rules: list[ZoneRule] | None = None) -> dict[int, str]:
    """Return the reasons by index of these zones: platform, key and GUID."""
    overviews = [
        ZoneOverview(replace(ZONE, index=index, guid=guid), platform, key, 1, 1, 0)
        for index, (platform, key, guid) in enumerate(zones, 1)
    ]
    directory = ZoneDirectory(rules or [], TENANCIES)
    return {
        each.overview.zone.index: "; ".join(each.reasons)
        for each in suspicious_guids(directory, overviews)
    }


def name_based(platform: str, key: str, number: int = 0) -> str:
    return next(islice(ZoneKey(platform, key).guids(), number, None))


@pytest.mark.parametrize(
    "zone",
    [
        ("default", f"organization:{ONE}", ONE),
        ("default", f"subaccount:{ONE}", ONE),
        ("default", "organization:org", name_based("default", "organization:org")),
        ("default", "default", name_based("default", "default")),
        # Before the zone of another tenant took it, or from before GUIDs were given.
        ("default", f"organization:{ONE}", name_based("default", f"organization:{ONE}")),
        ("other", f"organization:{ONE}", name_based("other", f"organization:{ONE}")),
        ("other", f"organization:{ONE}", name_based("other", f"organization:{ONE}", 1)),
        ("", "mapped:acme", ONE),
        ("", "mapped:acme", TWO),
    ],
)
def test_guids_of_the_default_platform_of_a_rule_and_of_the_key(zone: tuple[str, str, str]) -> None:
    assert found(zone, rules=[ZoneRule("acme", ONE, platform="other")]) == {}


@pytest.mark.parametrize(
    "zone",
    [
        ("other", f"organization:{ONE}", ONE),
        ("other", f"subaccount:{ONE}", TWO),
        ("removed", f"organization:{ONE}", ONE),
        ("default", f"organization:{ONE}", TWO),
        ("default", "default", ONE),
        ("other", "default", name_based("default", "default")),
    ],
)
def test_a_guid_that_nothing_gave(zone: tuple[str, str, str]) -> None:
    assert found(zone) == {1: f"an earlier version adopted it from platform {zone[0]}"}


def test_both_zones_are_listed_if_one_has_the_guid_of_the_other() -> None:
    squatter, key = ("other", f"organization:{ONE}", ONE), f"organization:{ONE}"
    assert found(squatter, ("default", key, name_based("default", key))) == {
        1: "an earlier version adopted it from platform other; platform default gives it to zone 2",
        2: f"platform default gives the zone {ONE}, the GUID of zone 1",
    }
    rule = ZoneRule("acme", ONE, platform="other")
    mapped = ("", "mapped:acme", name_based("", "mapped:acme"))
    assert found(("default", key, ONE), mapped, rules=[rule]) == {
        1: "a rule gives it to zone 2",
        2: f"a rule gives the zone {ONE}, the GUID of zone 1",
    }


def test_several_zones_may_be_given_one_guid() -> None:
    kinds = "organization", "subaccount"
    keys = [("default", f"{kind}:{ONE}", name_based("default", f"{kind}:{ONE}")) for kind in kinds]
    reasons = found(("default", "namespace:x", ONE), *keys)
    assert set(reasons) == {1, 2, 3}
    assert reasons[1].endswith("gives it to zone 2; platform default gives it to zone 3")

"""Further platforms and zones in the settings (D-09, D-35)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from broker.settings.entries import PlatformSettings, ZoneSettings, from_json

PLATFORM = {"name": "two", "user": "u", "password": "secret-of-two"}
ZONE = {"subdomain": "shared", "organization_guid": "org"}


def broken(model: type[PlatformSettings | ZoneSettings], entry: dict[str, Any]) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(entry)
    assert "secret-of-two" not in str(refused.value)
    return [error["loc"] for error in refused.value.errors()]


def test_a_platform_reads_credentials_by_default() -> None:
    platform = PlatformSettings.model_validate(PLATFORM)
    assert platform.reads_credentials
    assert platform.password_previous.get_secret_value() == ""
    assert "secret-of-two" not in repr(platform)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "Two"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"user": "a:b"}, "user"),
        ({"user": ""}, "user"),
        ({"password": ""}, "password"),
        ({"unknown": 1}, "unknown"),
        ({"zone_member": "organization_name"}, "zone_member"),
        ({"zone_member": "namespace"}, "zone_member"),
        ({"zone_member": "instance_annotations"}, "zone_member"),
        ({"zone_member": "platform"}, "zone_member"),
        ({"zone_member": "a+b"}, "zone_member"),
        ({"zone_member": "Subaccount"}, "zone_member"),
    ],
)
def test_a_platform_has_a_name_a_user_and_a_password(change: dict[str, Any], where: str) -> None:
    assert broken(PlatformSettings, PLATFORM | change) == [(where,)]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"subdomain": "Shared"}, ("subdomain",)),
        ({"subdomain": "-a"}, ("subdomain",)),
        ({"subdomain": "a-"}, ("subdomain",)),
        ({"subdomain": "a.b"}, ("subdomain",)),
        ({"subdomain": "x" * 64}, ("subdomain",)),
        ({"guid": "0A1B2C3D-0000-4000-8000-000000000001"}, ("guid",)),
        ({"organization_guid": ""}, ()),
        ({"organization_guid": "-"}, ("organization_guid",)),
        ({"subaccount_id": "-"}, ("subaccount_id",)),
        ({"clusterid": " "}, ("clusterid",)),
        ({"namespace": "n"}, ()),
    ],
)
def test_a_zone_has_a_host_label_and_a_rule(change: dict[str, Any], where: tuple[str, ...]) -> None:
    assert broken(ZoneSettings, ZONE | change) == [where]


@pytest.mark.parametrize("member", ["platform", "organization_guid", "subaccount_id", "clusterid"])
def test_one_member_is_enough(member: str) -> None:
    assert ZoneSettings.model_validate({"subdomain": "a", member: "x"}).guid == ""


def test_json_of_a_setting_is_read_strictly() -> None:
    assert from_json('[{"a": 1}]') == [{"a": 1}]
    assert from_json(()) == ()
    for text, reason in {"[": "not valid JSON", '[{"a":1,"a":1}]': 'duplicate key "a"'}.items():
        with pytest.raises(ValueError, match=reason):
            from_json(text)


@pytest.mark.parametrize(
    "member",
    [
        "organization_name",
        "space_name",
        "instance_name",
        "organization_annotations",
        "space_annotations",
        "labels",
        "space_guid",
    ],
)
def test_a_rule_over_what_developers_choose_refuses_to_start(member: str) -> None:
    """D-53."""
    with pytest.raises(ValidationError, match=f"rules cannot use {member}"):
        ZoneSettings.model_validate(ZONE | {member: "value"})


@pytest.mark.parametrize("change", [{"clusterid": "c"}, {"platform": "two"}])
def test_a_namespace_is_that_of_a_cluster(change: dict[str, Any]) -> None:
    ZoneSettings.model_validate({"subdomain": "a", "namespace": "n", **change})


@pytest.mark.parametrize("member", ["", "subaccount_id", "crm_id", "clusterid+namespace"])
def test_a_platform_may_name_its_identifying_member(member: str) -> None:
    platform = PlatformSettings.model_validate(PLATFORM | {"zone_member": member})
    assert (platform.zone_member, platform.single_tenant) == (member, False)

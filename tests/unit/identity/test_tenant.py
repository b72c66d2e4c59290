"""One context member identifies the tenant; placeholders do not (D-53)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import InvalidRequest
from broker.identity.tenant import SINGLE_PLATFORM, Tenancy, Tenant, identification


@pytest.mark.parametrize("value", ["-", "", "--", " ", None, 7, ["x"], {}, "a\n", "x" * 256])
def test_a_placeholder_identifies_nothing(value: object) -> None:
    assert identification(value) is None


@pytest.mark.parametrize("value", ["x", "-x", "11111111-aaaa-4bbb-8ccc-000000000001", "ü" * 255])
def test_an_id_identifies(value: str) -> None:
    assert identification(value) == value


ALL = {
    "subaccount_id": "s",
    "clusterid": "c",
    "namespace": "n",
    "organization_name": "O",
    "subaccount_name": "S",
}


@pytest.mark.parametrize(
    ("platform", "tenant"),
    [
        ("cloudfoundry", Tenant("organization:o", "o", "O")),
        ("kubernetes", Tenant("kubernetes:c/n", name="n")),
        ("sapcp", Tenant("subaccount:s", "s", "S")),
        ("service-manager", Tenant("subaccount:s", "s", "S")),
        ("another", Tenant("organization:o", "o", "O")),
        (None, Tenant("organization:o", "o", "O")),
        (["sapcp"], Tenant("organization:o", "o", "O")),
    ],
)
def test_the_member_follows_the_context_s_platform(platform: Any, tenant: Tenant) -> None:
    context = {**ALL, "platform": platform, "origin": "kubernetes"}
    assert Tenancy().tenant(context, "o") == tenant


def test_the_operator_sets_the_member_of_a_platform() -> None:
    assert Tenancy("crm_id").tenant({"platform": "sapcp", "crm_id": "7"}, "o") == Tenant(
        "crm_id:7", "7"
    )
    with pytest.raises(InvalidRequest) as refused:
        Tenancy("crm_id").tenant({**ALL, "platform": "sapcp"}, "o")
    assert str(refused.value).startswith("context.crm_id: no value that identifies the tenant")


@pytest.mark.parametrize("value", [None, "-", "", 7])
def test_without_the_member_only_a_single_tenant_is_possible(value: Any) -> None:
    context = {**ALL, "platform": "sapcp", "subaccount_id": value}
    assert SINGLE_PLATFORM["default"].tenant(context, "o") is None
    with pytest.raises(InvalidRequest, match=r"^context\.subaccount_id: "):
        Tenancy().tenant(context, "o")


@pytest.mark.parametrize(
    ("tenancy", "members", "platform"),
    [
        (Tenancy(), {"organization_guid": "o"}, "cloudfoundry"),
        (Tenancy(), {"subaccount_id": "s"}, "sapcp"),
        (Tenancy(), {"namespace": "n", "clusterid": "c"}, "kubernetes"),
        (Tenancy("crm_id"), {"crm_id": "7"}, ""),
    ],
)
def test_the_context_of_a_tenant(tenancy: Tenancy, members: dict[str, str], platform: str) -> None:
    context = tenancy.context_of(members, "name")
    assert context["platform"] in {platform, "service-manager"}
    assert members.items() <= context.items()
    assert "name" in context.values()


def test_a_single_tenant_needs_no_member() -> None:
    for tenancy in (Tenancy(single_tenant=True), Tenancy("crm_id", single_tenant=True)):
        assert tenancy.tenant(tenancy.context_of({}, ""), None) is None


@pytest.mark.parametrize(
    ("tenancy", "members"),
    [
        (Tenancy(), {}),
        (Tenancy(), {"crm_id": "7"}),
        (Tenancy(), {"clusterid": "c"}),
        (Tenancy(), {"organization_guid": "o", "subaccount_id": "s"}),
        (Tenancy("crm_id"), {"organization_guid": "o"}),
        (Tenancy("crm_id"), {}),
        (Tenancy("crm_id", single_tenant=True), {"organization_guid": "o"}),
    ],
)
def test_other_members_identify_no_tenant(tenancy: Tenancy, members: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match=r"^members: "):
        tenancy.context_of(members, "")

"""The name of a deleted application in another space: free unless others may know it (D-55)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.platform import APIACCESS, APPLICATION, ORGANIZATION, a_guid

if TYPE_CHECKING:
    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server import Server


def moved(platform: PlatformClient, descriptor: JsonObject, plan: str = APPLICATION) -> int:
    """Return the status of a provision with this descriptor in another space."""
    place = {"organization_guid": ORGANIZATION, "space_guid": a_guid()}
    context = {"platform": "cloudfoundry", **place}
    response = platform.provision(a_guid(), descriptor, plan, context=context, **place)
    if response.status_code != 201:
        assert "belonged to a deleted service instance of another space" in response.text
    return response.status_code


@pytest.mark.parametrize("plan", [APPLICATION, APIACCESS])
@pytest.mark.parametrize(("is_bound", "status"), [(False, 201), (True, 400)])
def test_a_binding_holds_the_name(
    platform: PlatformClient, plan: str, status: int, *, is_bound: bool
) -> None:
    instance, binding, descriptor = a_guid(), a_guid(), {"xsappname": f"move-{a_guid()}"}
    assert platform.provision(instance, descriptor, plan).status_code == 201
    if is_bound:
        assert platform.bind(instance, binding, plan_id=plan).status_code == 201
        assert platform.unbind(instance, binding, plan_id=plan).status_code == 200
    assert platform.deprovision(instance, plan_id=plan).status_code == 200
    assert moved(platform, descriptor, plan) == status


@pytest.mark.parametrize("usage", ["granted-apps", "grant-as-authority-to-apps"])
def test_a_grant_holds_both_names(platform: PlatformClient, usage: str) -> None:
    names = [f"{letter}-{a_guid()}" for letter in "ab"]
    scope = {"name": "$XSAPPNAME.read", usage: [f"$XSAPPNAME(application,{names[1]})"]}
    descriptors: list[JsonObject] = [
        {"xsappname": names[0], "scopes": [scope]},
        {"xsappname": names[1]},
    ]
    instances = [a_guid(), a_guid()]
    for instance, descriptor in zip(instances, descriptors, strict=True):
        assert platform.provision(instance, descriptor).status_code == 201
    for instance, descriptor in zip(instances, descriptors, strict=True):
        assert platform.deprovision(instance).status_code == 200
        assert moved(platform, descriptor) == 400


def test_a_bind_beside_the_deletion_holds_the_name(platform: PlatformClient) -> None:
    for _ in range(3):
        instance, descriptor = a_guid(), {"xsappname": f"race-{a_guid()}"}
        assert platform.provision(instance, descriptor).status_code == 201
        with ThreadPoolExecutor(2) as threads:
            bound = threads.submit(platform.bind, instance, a_guid())
            deleted = threads.submit(platform.deprovision, instance)
        assert deleted.result().status_code == 200
        was_bound = bound.result().status_code == 201
        assert moved(platform, descriptor) == (400 if was_bound else 201)


def test_mode_dev_approves_plan_apiaccess(platform: PlatformClient, server: Server) -> None:
    """D-57."""
    instance, other = a_guid(), a_guid()
    assert platform.provision(instance, plan_id=APIACCESS).status_code == 201
    assert platform.provision(other).status_code == 201
    approvals = {
        each["id"]: each["approved_at"]
        for each in json.loads(server.command("instances", "list", "--json").stdout)
    }
    assert approvals[instance] is not None
    assert approvals[other] is None

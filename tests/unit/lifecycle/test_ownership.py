"""An instance is found for the platform it belongs to, with its service and plan (D-35)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.actor import platform_actor
from broker.errors import InstanceNotFound, InvalidRequest, StateConflict
from broker.lifecycle.ownership import (
    current_descriptor,
    locked_instance,
    owned_instance,
    owned_instance_of_plan,
    require_same_plan,
    visible_instance,
)
from broker.lifecycle.requests import DeleteRequest
from tests.support.instances import an_instance

if TYPE_CHECKING:
    from broker.instances.model import Instance

OWNER, OTHER = platform_actor("default"), platform_actor("other")


@dataclass
class Store:
    """One instance."""

    instance: Instance

    @property
    def instances(self) -> Any:
        return self

    def find(self, instance_id: str) -> Instance | None:
        return self.instance if instance_id == self.instance.instance_id else None


STORE = Store(an_instance())


def test_the_owner_finds_it() -> None:
    assert owned_instance(STORE, OWNER, "i") == STORE.instance


def test_for_another_platform_it_does_not_exist() -> None:
    with pytest.raises(InstanceNotFound) as not_owned:
        owned_instance(STORE, OTHER, "i")
    with pytest.raises(InstanceNotFound) as missing:
        owned_instance(STORE, OWNER, "j")
    assert str(not_owned.value) == str(missing.value)


@pytest.mark.parametrize(
    ("service", "plan", "path"),
    [
        ("other", "plan-application", "service_id"),
        ("service", "other", "plan_id"),
        ("", "", "service_id"),
    ],
)
def test_another_service_or_plan_is_refused(service: str, plan: str, path: str) -> None:
    """OSB-UNB-04, OSB-DEP-04."""
    for refuse in (
        lambda: require_same_plan(STORE.instance, service, plan),
        lambda: owned_instance_of_plan(STORE, DeleteRequest(OWNER, "i", service, plan)),
    ):
        with pytest.raises(InvalidRequest) as refused:
            refuse()
        assert [violation.path for violation in refused.value.violations] == [path]


def test_ownership_is_decided_before_the_plan() -> None:
    with pytest.raises(InstanceNotFound):
        owned_instance_of_plan(STORE, DeleteRequest(OTHER, "i", "other", "other"))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"xsappname": "app"}, "app"), ({}, None), ({"xsappname": "app", "old": 1}, None)],
)
def test_a_descriptor_that_this_version_cannot_read_is_none(
    parameters: dict[str, Any], name: str | None
) -> None:
    descriptor = current_descriptor(an_instance(parameters=parameters))
    assert (descriptor.xsappname if descriptor else None) == name


@dataclass
class ZoneStore(Store):
    """The same instance, in a zone that may have several tenants."""

    is_mixed_zone: bool = False
    locked: tuple[str, ...] = ()

    @property
    def tenants(self) -> Any:
        return self

    def is_mixed(self, _zone: object) -> bool:
        return self.is_mixed_zone

    def lock(self, name: str) -> None:
        self.locked += (name,)


def test_it_is_visible_in_its_zone_and_to_operators() -> None:
    store = ZoneStore(an_instance())
    zone = store.instance.client.zone.guid
    for visible_in in (zone, None):
        assert visible_instance(store, visible_in, "i") == store.instance
    with pytest.raises(InstanceNotFound):
        visible_instance(store, "another-zone", "i")


def test_a_zone_with_several_tenants_has_no_administrators() -> None:
    """D-53."""
    store = ZoneStore(an_instance(), is_mixed_zone=True)
    with pytest.raises(StateConflict):
        visible_instance(store, store.instance.client.zone.guid, "i")
    assert visible_instance(store, None, "i") == store.instance


def test_a_change_locks_possible_ids_only() -> None:
    store = ZoneStore(an_instance())
    assert locked_instance(store, None, "i") == store.instance
    for impossible in ("a\0b", "x" * 513):
        with pytest.raises(InstanceNotFound):
            locked_instance(store, None, impossible)
    assert store.locked == ("i",)

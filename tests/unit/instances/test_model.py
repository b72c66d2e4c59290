"""Derived values of instances and bindings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker.instances.model import BindingSummary
from tests.support.instances import START, ZONE, a_binding, an_instance, an_oauth_client

KUBERNETES = {"clusterid": "cluster", "namespace": "team"}


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ({"instance_name": "my-uaa"}, "my-uaa"),
        ({"instance_name": "ü" * 255}, "ü" * 255),
        ({"instance_name": "x" * 256}, None),
        ({"instance_name": ""}, None),
        ({"instance_name": "a\nb"}, None),
        ({"instance_name": 7}, None),
        ({}, None),
    ],
)
def test_the_name_is_the_platform_s_if_it_can_be_kept(
    context: dict[str, Any], name: str | None
) -> None:
    assert an_instance(context=context).name == name


def test_spaces_and_namespaces_of_different_platforms_differ() -> None:
    """D-30: the successor of a deleted instance is in the same space."""
    spaces = [
        an_instance().space,
        an_instance(space_guid="other").space,
        an_instance(platform="two").space,
        an_instance(space_guid=None, context=KUBERNETES).space,
        an_instance(space_guid=None, context=KUBERNETES | {"namespace": "other"}).space,
        an_instance(space_guid=None, context=KUBERNETES | {"clusterid": "other"}).space,
        an_instance(space_guid=None, context=KUBERNETES, platform="two").space,
    ]
    assert len(set(spaces)) == 7
    assert an_instance(context={"instance_name": "renamed"}).space == spaces[0]


@pytest.mark.parametrize("context", [{}, {"clusterid": "cluster"}, {"namespace": "team"}])
def test_without_a_space_the_zone_stands_for_it(context: dict[str, str]) -> None:
    assert an_instance(space_guid=None, context=context).space == ZONE.guid


@pytest.mark.parametrize("placeholder", ["-", "", " - "])
def test_a_placeholder_is_no_space(placeholder: str) -> None:
    """D-53: SAP Service Manager sends it for every tenant."""
    in_namespace = an_instance(space_guid=None, context=KUBERNETES).space
    assert an_instance(space_guid=placeholder, context=KUBERNETES).space == in_namespace
    no_cluster = KUBERNETES | {"clusterid": placeholder}
    assert an_instance(space_guid=placeholder, context=no_cluster).space == ZONE.guid


def test_a_split_changes_the_local_id_only() -> None:
    moved = replace(ZONE, index=9)
    instance = an_instance(client=an_oauth_client(zone=moved))
    assert (str(instance.app_id), instance.local_id) == ("app!t7", "app!t9")


def test_a_binding_is_to_be_renewed_after_two_thirds_of_its_lifetime() -> None:
    expiring = a_binding(expires_at=START + timedelta(days=6))
    assert expiring.renew_before == START + timedelta(days=4)
    assert a_binding().renew_before is None


@pytest.mark.parametrize(
    ("platform", "app_guid", "holder"),
    [
        ("cloudfoundry", None, "service key b"),
        ("cloudfoundry", "a1", "app a1 (binding b)"),
        ("kubernetes", None, "binding b"),
        (None, "", "service key b"),
    ],
)
def test_a_binding_is_named_as_on_its_platform(
    platform: str | None, app_guid: str | None, holder: str
) -> None:
    instance = an_instance(context={"platform": platform})
    assert instance.holder(BindingSummary("b", "x509", app_guid)) == holder


@pytest.mark.parametrize(
    ("context", "changes", "location"),
    [
        ({"organization_name": "My Org", "space_name": "dev"}, {}, ("My Org", "dev")),
        ({"organization_name": "", "space_name": 7}, {}, ("org", "space")),
        (KUBERNETES, {"organization_guid": None, "space_guid": None}, ("cluster", "team")),
        ({}, {"organization_guid": None, "space_guid": None}, (None, None)),
    ],
)
def test_the_location_is_by_name_if_there_are_names(
    context: dict[str, Any], changes: dict[str, Any], location: tuple[str | None, str | None]
) -> None:
    assert an_instance(context=context, **changes).location == location

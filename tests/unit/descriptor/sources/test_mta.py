"""The xsuaa resources of MTA descriptors."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.sources.mta import fragment, merged, resources
from broker.errors import InvalidRequest

MANAGED = "org.cloudfoundry.managed-service"


def resource(**parameters: Any) -> dict[str, Any]:
    return {"name": "r", "type": MANAGED, "parameters": parameters}


def test_only_resources_of_the_service_are_listed() -> None:
    listed = [
        resource(service="hana"),
        resource(
            **{"service": "xsuaa", "service-plan": "application", "path": "x.json"},
            config={"xsappname": "a"},
        ),
        {"name": "old", "type": "com.sap.xs.uaa"},
        {"name": "existing", "type": "org.cloudfoundry.existing-service"},
        {"name": "no parameters", "type": MANAGED, "parameters": None},
        "text",
    ]
    first, second = resources({"resources": listed})
    assert (first.name, first.plan, first.file) == ("r", "application", "x.json")
    assert (first.path, first.config) == ("resources[1].parameters.config", {"xsappname": "a"})
    assert (second.name, second.file, second.config) == ("old", None, {})
    assert list(resources({"resources": None})) == []


@pytest.mark.parametrize(("key", "value"), [("config", []), ("config", "x"), ("path", 7)])
def test_a_malformed_resource_has_a_problem(key: str, value: object) -> None:
    malformed = {"resources": [resource(**{"service": "xsuaa", key: value})]}
    [listed] = resources(malformed)
    assert listed.problem is not None
    assert listed.problem.path == f"resources[0].parameters.{key}"
    assert (listed.file, listed.config) == (None, {})


def test_a_fragment_is_a_resource_too() -> None:
    parameters = {"service-plan": "application", "path": "x.json", "config": {"xsappname": "a"}}
    document = {"name": "r", "parameters": parameters}
    found = fragment(document, ("parameters", "config"))
    assert (found.name, found.plan, found.file) == ("r", "application", "x.json")
    assert (found.path, found.config) == ("parameters.config", {"xsappname": "a"})
    assert fragment({"config": {}}, ("config",)).path == "config"


def test_objects_are_merged_and_other_values_replaced() -> None:
    content = {
        "xsappname": "file",
        "scopes": [{"name": "$XSAPPNAME.a"}],
        "oauth2-configuration": {"token-validity": 900, "redirect-uris": ["https://a.example/**"]},
    }
    config: dict[str, Any] = {
        "xsappname": "config",
        "scopes": [],
        "oauth2-configuration": {"redirect-uris": [], "autoapprove": True},
        "tenant-mode": None,
    }
    assert merged(content, config) == {
        "xsappname": "config",
        "scopes": [],
        "oauth2-configuration": {"token-validity": 900, "redirect-uris": [], "autoapprove": True},
        "tenant-mode": None,
    }
    assert merged(content, {"oauth2-configuration": None})["oauth2-configuration"] is None


def test_an_object_replaces_no_other_value() -> None:
    with pytest.raises(
        InvalidRequest, match=r"^oauth2-configuration\.token-validity: an object in"
    ):
        merged(
            {"oauth2-configuration": {"token-validity": 1}},
            {"oauth2-configuration": {"token-validity": {}}},
        )

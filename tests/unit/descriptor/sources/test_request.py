"""The only request in a file: xs-security.json, a wrapper, or a resource of mta.yaml."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.descriptor.sources.request import InstanceRequest, requested_instance
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {"org": "my-org", "space": "dev"}


def mta(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"_schema-version": "3.1", "ID": "my.mta", "resources": list(resources), **members}


def uaa(name: str = "uaa", **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": "t", "parameters": {"service": "xsuaa", **parameters}}


def requested(
    document: Any, directory: Path, resource: str = "", file: str = "f.json"
) -> InstanceRequest:
    return requested_instance(json.dumps(document).encode(), file, directory, resource, VALUES)


@pytest.mark.parametrize(
    "document",
    [
        {"xsappname": "a"},
        {"parameters": {"xsappname": "a"}},
        {"spec": {"parameters": {"xsappname": "a"}}},
        {"config": {"xsappname": "a"}},
    ],
)
def test_a_descriptor_is_found_in_its_wrappers(document: Any, tmp_path: Path) -> None:
    assert requested(document, tmp_path) == InstanceRequest("", {"xsappname": "a"})


def test_a_resource_is_what_its_deployment_would_send(tmp_path: Path) -> None:
    (tmp_path / "xs-security.json").write_text('{"xsappname": "file", "description": "d"}')
    config = {"xsappname": "app-${org}-${space}", "scopes": [{"name": "$XSAPPNAME.${space}"}]}
    parameters: dict[str, Any] = {"service-plan": "apiaccess", "path": "xs-security.json"}
    one = uaa(**parameters, config=config)
    found = requested(mta({"name": "db"}, one), tmp_path)
    assert found.plan == "apiaccess"
    assert found.parameters == {
        "xsappname": "app-my-org-dev",
        "description": "d",
        "scopes": [{"name": "$XSAPPNAME.dev"}],
    }


def test_one_of_several_resources_is_named(tmp_path: Path) -> None:
    two = mta(uaa(config={"xsappname": "a"}), uaa("other", config={"xsappname": "b"}))
    assert requested(two, tmp_path, "other").parameters == {"xsappname": "b"}
    with pytest.raises(InvalidRequest, match="several: uaa, other; allowed: --resource"):
        requested(two, tmp_path)
    with pytest.raises(InvalidRequest, match='no resource "x"; allowed: uaa, other'):
        requested(two, tmp_path, "x")


@pytest.mark.parametrize(
    ("document", "resource", "text"),
    [
        (mta(), "", "none of service xsuaa"),
        (mta(extends="x"), "", "an MTA extension descriptor"),
        ({"xsappname": "a"}, "uaa", "no MTA descriptor"),
        (mta(uaa(config=[])), "", r"resources\[0\].parameters.config: no object"),
        (mta(uaa(path="../x.json")), "", "is outside"),
        (mta(uaa(path="x.json")), "", "no file"),
        (mta(uaa(path="bad.json")), "", "bad.json: "),
        (
            mta(uaa(config={"scopes": [{"name": "${default-domain}"}]})),
            "",
            r"config.scopes\[0\].name: placeholder default-domain.*\$\{org\} and \$\{space\}",
        ),
        (mta(uaa(config={"xsappname": "~{api/url}"})), "", "placeholder api/url"),
    ],
)
def test_anything_else_is_refused_with_its_place(
    document: Any, resource: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(InvalidRequest, match=text):
        requested(document, tmp_path, resource)


def test_several_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="2 documents"):
        requested_instance(b"a: 1\n---\nb: 2\n", "x.yaml", tmp_path, "", VALUES)

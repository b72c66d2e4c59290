"""Wrappers around descriptors are recognised and refused."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.binding import BindingParameters
from broker.descriptor.model import Descriptor
from broker.descriptor.sources.wrappers import is_mta, refuse_wrapper, wrapper_path
from broker.errors import InvalidRequest

PLAIN = {"xsappname": "app"}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"config": PLAIN}, "config"),
        ({"config": {}}, "config"),
        ({"service-plan": "application", "config": PLAIN}, "config"),
        ({"parameters": {"service": "xsuaa", "config": PLAIN}}, "parameters.config"),
        ({"name": "i", "plan": "application", "parameters": PLAIN}, "parameters"),
        ({"name": "i", "description": "d", "parameters": PLAIN}, "parameters"),
        ({"spec": {"parameters": PLAIN}}, "spec.parameters"),
        (PLAIN, ""),
        ({**PLAIN, "config": {}}, ""),
        ({"xsappname ": "app", "parameters": {}}, ""),
        ({"scopes": [], "config": {}}, ""),
        ({"config": "text"}, ""),
        ({"name": "i", "plan": "application"}, ""),
        ({}, ""),
    ],
)
def test_the_path_leads_to_the_descriptor(document: dict[str, Any], path: str) -> None:
    assert ".".join(wrapper_path(document, Descriptor)) == path


def test_a_wrapper_is_refused() -> None:
    refuse_wrapper(PLAIN, Descriptor)
    refuse_wrapper({"credential-type": "x509"}, BindingParameters)
    with pytest.raises(InvalidRequest) as refused:
        refuse_wrapper({"config": {"credential-type": "x509"}}, BindingParameters)
    assert str(refused.value) == "this is the wrapper: send what stands below `config`"
    assert refused.value.violations[0].as_json()["path"] == "config"


def test_an_mta_descriptor_is_one_too() -> None:
    mta = {"_schema-version": 3.1, "ID": "app", "resources": [], "parameters": {"a": 1}}
    assert is_mta(mta)
    with pytest.raises(InvalidRequest, match=r"below `resources\[\]\.parameters\.config`"):
        refuse_wrapper(mta, Descriptor)

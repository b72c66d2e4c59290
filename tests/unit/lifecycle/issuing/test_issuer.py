"""Shared rules of issuers: the required key, and parameters of other types."""

from __future__ import annotations

import pytest

from broker.audit.actor import system_actor
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import InvalidRequest
from broker.lifecycle.issuing.issuer import KeyNeeded, NewBinding, refuse_certificate_parameters
from tests.support.instances import a_binding, an_instance


def new(parameters: dict[str, object]) -> NewBinding:
    return NewBinding(
        an_instance(), a_binding(), parse_binding_parameters(parameters), system_actor("test")
    )


def test_parameters_of_a_certificate_need_its_type() -> None:
    with pytest.raises(InvalidRequest) as refused:
        refuse_certificate_parameters(new({"x509": {}}))
    assert [violation.path for violation in refused.value.violations] == ["x509"]
    refuse_certificate_parameters(new({"hide-secret": True}))


def test_a_needed_key_has_a_length() -> None:
    assert KeyNeeded(4096).bits == 4096

"""Binding parameters: limits, numbers as text, and contradictions (H-33)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.binding import BindingParameters
from broker.descriptor.model import CredentialType
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import InvalidRequest


def parsed(**x509: Any) -> BindingParameters:
    document = {key.replace("_", "-"): value for key, value in x509.items()}
    return parse_binding_parameters({"credential-type": "x509", "x509": document})


def test_all_binding_parameters_are_optional() -> None:
    parameters = parse_binding_parameters({})
    assert parameters.credential_type is None
    assert parameters.hide_secret is False
    assert parameters.x509 is None


def test_the_defaults_of_a_managed_certificate() -> None:
    parameters = parsed()
    assert parameters.credential_type is CredentialType.X509
    assert parameters.x509 is not None
    assert not parameters.x509.is_self_managed
    assert (parameters.x509.key_length, parameters.x509.validity) == (2048, 7)
    assert parameters.x509.certificate_pinning is True
    assert parameters.x509.hide_certificate is False


@pytest.mark.parametrize("validity", [1, 30, "30"])
@pytest.mark.parametrize("length", [2048, 4096, 8192, "4096"])
def test_numbers_may_be_texts(length: object, validity: object) -> None:
    x509 = parsed(key_length=length, validity=validity, validity_type="DAYS").x509
    assert x509 is not None
    assert (x509.key_length, x509.validity) == (int(str(length)), int(str(validity)))


@pytest.mark.parametrize(
    ("x509", "path"),
    [
        ({"key_length": 1024}, "x509.key-length"),
        ({"key_length": 2049}, "x509.key-length"),
        ({"key_length": True}, "x509.key-length"),
        ({"key_length": "2048 "}, "x509.key-length"),
        ({"validity": 0}, "x509.validity"),
        ({"validity": 31}, "x509.validity"),
        ({"validity": 1.5}, "x509.validity"),
        ({"validity_type": "MONTHS"}, "x509.validity-type"),
        ({"certificate": "x" * 96_001}, "x509.certificate"),
        ({"certificate_pinning": "no"}, "x509.certificate-pinning"),
        ({"unknown": 1}, "x509.unknown"),
    ],
)
def test_a_broken_rule_names_its_path(x509: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**x509)
    assert [violation.path for violation in refused.value.violations] == [path]


@pytest.mark.parametrize(
    "x509",
    [
        {"certificate": "PEM", "key_length": 2048},
        {"certificate": "PEM", "validity": 7},
        {"certificate": "PEM", "validity_type": "DAYS"},
        {"certificate_pinning": False},
        {"certificate_pinning": "false", "validity": 7},
    ],
)
def test_the_two_ways_of_managing_certificates_do_not_mix(x509: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**x509)
    assert [violation.path for violation in refused.value.violations] == ["x509"]


def test_a_certificate_that_is_brought_along_may_be_pinned_or_not() -> None:
    for pinned in (True, False):
        x509 = parsed(certificate="PEM", certificate_pinning=pinned).x509
        assert x509 is not None
        assert x509.is_self_managed
        assert x509.certificate_pinning is pinned

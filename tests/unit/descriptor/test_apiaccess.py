"""The parameters of plan apiaccess (H-06)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.apiaccess import parse_apiaccess, readable_apiaccess
from broker.descriptor.model import CredentialType, Descriptor
from broker.errors import InvalidRequest

Parameters = dict[str, Any]


def refusal(parameters: Parameters) -> str:
    with pytest.raises(InvalidRequest) as refused:
        parse_apiaccess(parameters, "na-1")
    assert refused.value.violations
    assert refused.value.__cause__ is None
    return str(refused.value)


@pytest.mark.parametrize(
    ("parameters", "name", "validity"),
    [
        ({}, "na-1", None),
        ({"xsuaa": {}}, "na-1", None),
        ({"xsappname": "admin"}, "admin", None),
        ({"xs-security": {"xsappname ": "admin"}}, "admin", None),
        ({"oauth2-configuration": {"token-validity": "3600"}}, "na-1", 3600),
        ({"oauth2-configuration": {"credential-types": ["binding-secret"]}}, "na-1", None),
        ({"oauth2-configuration": {}}, "na-1", None),
        ({"xsappname": None, "oauth2-configuration": None}, "na-1", None),
        ({"oauth2-configuration": {"token-validity": None}}, "na-1", None),
    ],
)
def test_name_and_validity(parameters: Parameters, name: str, validity: int | None) -> None:
    descriptor, _ = parse_apiaccess(parameters, "na-1")
    assert (descriptor.xsappname, descriptor.token_validity) == (name, validity)
    assert descriptor.credential_types == (CredentialType.BINDING_SECRET,)


@pytest.mark.parametrize("others", [["x509"], ["instance-secret", "x509"]])
def test_other_credential_types_have_no_effect(others: list[str]) -> None:
    types = {"credential-types": [*others, "binding-secret"]}
    descriptor, notes = parse_apiaccess({"oauth2-configuration": types}, "na-1")
    assert descriptor.credential_types == (CredentialType.BINDING_SECRET,)
    named = f"oauth2-configuration.credential-types: {', '.join(others)}"
    assert notes == [f"{named} has no effect: plan apiaccess issues binding-secret only."]


ALLOWED = (
    "; allowed: xsappname, oauth2-configuration.token-validity, and"
    " oauth2-configuration.credential-types that contain binding-secret"
)
TOP = {field.alias for field in Descriptor.model_fields.values()}


@pytest.mark.parametrize("key", sorted(map(str, TOP - {"xsappname", "oauth2-configuration"})))
def test_each_other_key_is_refused_in_one_sentence(key: str) -> None:
    values: list[Any] = [[], None, True, "shared"]
    for value in values:
        sentence = refusal({"xsappname": "admin", key: value})
        assert sentence == f"Plan apiaccess takes no {key}{ALLOWED}"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"scopes": [], "role-templates": []}, "no scopes and no role-templates"),
        ({"authorities-inheritance": []}, "no authorities-inheritance"),
        ({"xsuaa": {"foo": 1}}, "no foo"),
        ({"foo\n": 1}, "no foo"),
        ({"f\no": 1}, "no f?o"),
        (
            {"oauth2-configuration": {"redirect-uris": [], "grant-types": None}},
            "no oauth2-configuration.redirect-uris and no oauth2-configuration.grant-types",
        ),
        (
            {f"k{number}": 1 for number in range(12)},
            " and ".join(f"no k{number}" for number in range(10)) + " and none of 2 more keys",
        ),
    ],
)
def test_several_keys_are_one_sentence(parameters: Parameters, named: str) -> None:
    assert refusal(parameters) == f"Plan apiaccess takes {named}{ALLOWED}"


@pytest.mark.parametrize(
    ("parameters", "paths"),
    [
        ({"xsappname": "a b"}, ["xsappname"]),
        ({"xsappname": "uaa"}, ["xsappname"]),
        ({"xsappname": "na-1"}, ["xsappname"]),
        ({"oauth2-configuration": []}, ["oauth2-configuration"]),
        (
            {"oauth2-configuration": {"token-validity": 1}},
            ["oauth2-configuration.token-validity"],
        ),
        *(
            (
                {"oauth2-configuration": {"credential-types": types}},
                ["oauth2-configuration.credential-types"],
            )
            for types in (["x509"], [], None, "binding-secret")
        ),
        (
            {"oauth2-configuration": {"credential-types": ["binding-secret", "y"]}},
            ["oauth2-configuration.credential-types[1]"],
        ),
        (
            {"xsappname": "a b", "scopes": [], "oauth2-configuration": {"token-validity": 1}},
            ["scopes", "xsappname", "oauth2-configuration.token-validity"],
        ),
    ],
)
def test_all_errors_are_reported(parameters: Parameters, paths: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_apiaccess(parameters, "na-1", for_new_instance=True)
    assert [each.path for each in refused.value.violations] == paths


def test_an_instance_keeps_its_reserved_name() -> None:
    """D-29: names of older versions, and names that the broker chose."""
    for name in ("uaa", "na-1"):
        assert parse_apiaccess({"xsappname": name}, "na-1")[0].xsappname == name


@pytest.mark.parametrize(
    ("stored", "name"),
    [({}, "na-1"), ({"xsappname": "admin"}, "admin"), ({"scopes": []}, None), (None, None)],
)
def test_stored_parameters(stored: object, name: str | None) -> None:
    found = readable_apiaccess(stored, "na-1")
    assert (found and found.xsappname) == name

"""The typed descriptor: limits of each member, and defaults of absent keys."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from broker.descriptor.model import RESTRICTING_KEYS, Descriptor, ValueType

NAME = {"xsappname": "app"}


def configured(**members: Any) -> dict[str, Any]:
    return {**NAME, "oauth2-configuration": {k.replace("_", "-"): v for k, v in members.items()}}


def location(document: dict[str, Any]) -> list[tuple[int | str, ...]]:
    """Return the location of the error."""
    with pytest.raises(ValidationError) as refused:
        Descriptor.model_validate(document)
    return [error["loc"] for error in refused.value.errors()]


def test_absent_lists_are_distinguished_from_empty_ones() -> None:
    """D-01, D-60."""
    absent = Descriptor.model_validate(NAME)
    assert (absent.credential_types, absent.grant_types, absent.token_validity) == (
        None,
        None,
        None,
    )
    given = Descriptor.model_validate(configured(grant_types=[], token_validity=900))
    assert (given.grant_types, given.token_validity) == ((), 900)


def test_a_descriptor_cannot_be_changed() -> None:
    descriptor = Descriptor.model_validate(NAME)
    with pytest.raises(ValidationError):
        descriptor.xsappname = "other"  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (configured(token_validity=59), ("oauth2-configuration", "token-validity")),
        (configured(token_validity=86_401), ("oauth2-configuration", "token-validity")),
        (configured(token_validity="1e3"), ("oauth2-configuration", "token-validity")),
        (configured(token_validity=True), ("oauth2-configuration", "token-validity")),
        (
            configured(refresh_token_validity=31_536_001),
            ("oauth2-configuration", "refresh-token-validity"),
        ),
        (configured(autoapprove="yes"), ("oauth2-configuration", "autoapprove")),
        (configured(allowedproviders=[""]), ("oauth2-configuration", "allowedproviders", 0)),
        (configured(grant_types=["implicit"]), ("oauth2-configuration", "grant-types", 0)),
        ({**NAME, "description": "x" * 1001}, ("description",)),
        ({**NAME, "description": "a\x00b"}, ("description",)),
        ({**NAME, "tenant-mode": "DEDICATED"}, ("tenant-mode",)),
        ({**NAME, "unknown": 1}, ("unknown",)),
        ({**NAME, "scopes": [{"name": "read"}]}, ("scopes", 0, "name")),
        ({**NAME, "scopes": [{"name": "$XSAPPNAME..read"}]}, ("scopes", 0, "name")),
        ({**NAME, "scopes": [{"name": "$XSAPPNAME.ä"}]}, ("scopes", 0, "name")),
        ({**NAME, "attributes": [{"name": "a b"}]}, ("attributes", 0, "name")),
        ({**NAME, "role-templates": [{"name": "a b"}]}, ("role-templates", 0, "name")),
        (
            {**NAME, "role-collections": [{"name": "C"}]},
            ("role-collections", 0, "role-template-references"),
        ),
        ({"xsappname": "sb.app"}, ("xsappname",)),
    ],
)
def test_a_broken_rule_is_found_where_it_is(
    document: dict[str, Any], where: tuple[int | str, ...]
) -> None:
    assert location(document) == [where]


@pytest.mark.parametrize(
    "name", ["$XSAPPNAME.read", "$XSAPPNAME.a.b", "$XSAPPNAME.:/\\-_", "uaa.user"]
)
def test_own_scopes_and_uaa_user_may_be_defined(name: str) -> None:
    assert Descriptor.model_validate({**NAME, "scopes": [{"name": name}]}).scopes[0].name == name


def test_limits_of_lifetimes_are_the_documented_ones() -> None:
    for seconds in (60, 86_400, "60"):
        assert Descriptor.model_validate(configured(token_validity=seconds)).token_validity == int(
            seconds
        )


def test_s_is_an_alias_of_string() -> None:
    assert ValueType.S.canonical is ValueType.STRING
    assert [type_.canonical for type_ in (ValueType.STRING, ValueType.INT, ValueType.DATE)] == [
        "string",
        "int",
        "date",
    ]


GRANTING = ["scopes", "attributes", "role-templates", "role-collections", "authorities"]


@pytest.mark.parametrize("key", [*GRANTING, "foreign-scope-references", "oauth2-configuration"])
def test_null_means_that_a_granting_key_is_absent(key: str) -> None:
    """D-61."""
    assert Descriptor.model_validate({**NAME, key: None}) == Descriptor.model_validate(NAME)


@pytest.mark.parametrize(
    ("list_", "key"),
    [
        ("scopes", "granted-apps"),
        ("scopes", "grant-as-authority-to-apps"),
        ("scopes", "description"),
        ("role-templates", "scope-references"),
        ("role-templates", "attribute-references"),
        ("role-templates", "default-role-name"),
    ],
)
def test_null_means_absent_in_entries_too(list_: str, key: str) -> None:
    entry = {"name": "$XSAPPNAME.a" if list_ == "scopes" else "a"}
    assert Descriptor.model_validate({**NAME, list_: [{**entry, key: None}]}) == (
        Descriptor.model_validate({**NAME, list_: [entry]})
    )


RESTRICTING = ["allowedproviders", "grant-types", "redirect-uris", "system-attributes"]


@pytest.mark.parametrize("key", [*RESTRICTING, "credential-types"])
def test_keys_that_restrict_refuse_null(key: str) -> None:
    """D-61: an empty YAML key must not open what it was meant to close."""
    assert (key in RESTRICTING_KEYS) == (key != "credential-types")
    assert location(configured(**{key: None})) == [("oauth2-configuration", key)]


def test_default_values_refuse_null() -> None:
    template = {"name": "T", "attribute-references": [{"name": "a", "default-values": None}]}
    [where] = location({**NAME, "attributes": [{"name": "a"}], "role-templates": [template]})
    assert where[-1] == "default-values"


def test_a_dry_run_is_never_left_out_by_null() -> None:
    assert location({**NAME, "dry-run": None}) == [("dry-run",)]

"""The configuration of providers: bounds, defaults, what is refused (I-31, I-32)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import InvalidRequest
from broker.identity.providers.configuration import parse_configuration

VALID = {"issuer": "https://idp.example.org/realms/a", "relyingPartyId": "app"}


def refused(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as error:
        parse_configuration(document)
    return [(each.path, each.found) for each in error.value.violations]


def test_absent_members_have_the_defaults_of_uaa() -> None:
    """I-31."""
    assert parse_configuration(VALID).document() == {
        **VALID,
        "scopes": ["openid"],
        "responseType": "code",
        "pkce": True,
        "clientAuthInBody": False,
        "cacheJwks": True,
        "skipSslValidation": False,
        "passwordGrantEnabled": False,
        "performRpInitiatedLogout": True,
        "addShadowUserOnLogin": True,
        "storeCustomAttributes": True,
        "trustedUserNames": False,
        "attributeMappings": {},
        "externalGroupsWhitelist": [],
        "emailDomain": [],
        "showLinkText": True,
        "additionalConfiguration": {},
    }


def test_a_document_is_read_again() -> None:
    given = {"attributeMappings": {"user_name": "email"}, "scopes": ["openid", "email", "email"]}
    configuration = parse_configuration(VALID | given)
    assert configuration.scopes == ["openid", "email"]
    assert configuration.mappings["user_name"] == ["email"]
    assert parse_configuration(configuration.document()) == configuration


def test_null_is_an_absent_member() -> None:
    given = {"logoutUrl": None, "attributeMappings": None, "additionalConfiguration": None}
    assert parse_configuration(VALID | given) == parse_configuration(VALID)


def test_the_issuer_of_a_tenant_follows_from_its_host() -> None:
    tenant = {"iasTenant": {"host": "t.accounts.ondemand.com"}}
    found = parse_configuration({"relyingPartyId": "app", "issuer": None} | tenant)
    assert found.issuer == "https://t.accounts.ondemand.com"
    assert found.document()["iasTenant"] == tenant["iasTenant"]
    assert parse_configuration(found.document()) == found
    assert refused(VALID | tenant) == [("iasTenant", "another host than that of the issuer")]
    assert refused({"relyingPartyId": "app", "iasTenant": {"host": "a b"}}) == [
        ("iasTenant.host", '"a b"')
    ]


def test_all_violations_are_reported() -> None:
    assert refused({"issuer": "https://idp.example.org#x", "scopes": []}) == [
        ("issuer", "a fragment (#)"),
        ("relyingPartyId", "missing"),
        ("scopes", "no openid"),
    ]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"issuer": "http://idp.example.org"}, "issuer"),
        ({"issuer": "https://idp.example.org?x=1"}, "issuer"),
        ({"issuer": "https://idp.example.org/" + "a" * 500}, "issuer"),
        ({"issuer": 1}, "issuer"),
        ({"tokenUrl": "https://user@idp.example.org/token"}, "tokenUrl"),
        ({"logoutUrl": "https://10.0.0.1/logout"}, "logoutUrl"),
        ({"relyingPartyId": ""}, "relyingPartyId"),
        ({"relyingPartyId": "a" * 256}, "relyingPartyId"),
        ({"responseType": "token"}, "responseType"),
        ({"scopes": ["openid", "a b"]}, "scopes"),
        ({"skipSslValidation": True}, "skipSslValidation"),
        ({"passwordGrantEnabled": True}, "passwordGrantEnabled"),
        ({"pkce": "maybe"}, "pkce"),
        ({"issuerr": "x"}, "issuerr"),
        ({"attributeMappings": {"id": "sub"}}, "attributeMappings"),
        ({"attributeMappings": {"user.attribute.": "x"}}, "attributeMappings"),
        ({"attributeMappings": {"user_name": ["a", "b"]}}, "attributeMappings"),
        ({"attributeMappings": {"email": []}}, "attributeMappings.email"),
        ({"attributeMappings": {f"user.attribute.{n}": "x" for n in range(101)}}, "attributeM"),
        ({"externalGroupsWhitelist": ["******"]}, "externalGroupsWhitelist"),
        ({"emailDomain": ["example.org", "Example.org"]}, "emailDomain"),
        ({"linkText": "a\x00"}, "linkText"),
        ({"additionalConfiguration": {"a": 1}}, "additionalConfiguration"),
    ],
)
def test_other_values_are_refused(given: dict[str, Any], path: str) -> None:
    [(found, _)] = refused(VALID | given)
    assert found.startswith(path)


def test_the_frozen_part_decides_who_is_which_user() -> None:
    """D-46."""
    frozen = parse_configuration(VALID).frozen_part
    same = {"linkText": "other", "attributeMappings": {"user_name": "sub", "email": "mail"}}
    assert parse_configuration(VALID | same).frozen_part == frozen
    for changed in (
        {"issuer": "https://other.example.org"},
        {"relyingPartyId": "other"},
        {"tokenKeyUrl": "https://other.example.org/keys"},
        {"attributeMappings": {"user_name": "email"}},
    ):
        assert parse_configuration(VALID | changed).frozen_part != frozen

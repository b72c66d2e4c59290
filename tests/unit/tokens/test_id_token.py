"""Claims of id tokens (I-106, I-107)."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from broker.identity.user import Snapshot
from broker.tokens.id_token import id_token_claims
from tests.support.instances import START
from tests.support.users import a_user

ACCESS_TOKEN = "header.claims.signature"
ACCESS_CLAIMS = {
    "jti": "j",
    "sub": "u",
    "iss": "https://i/oauth/token",
    "azp": "sb-app!t7",
    "cid": "sb-app!t7",
    "client_id": "sb-app!t7",
    "zid": "z",
    "origin": "sap.default",
    "user_name": "anna",
    "auth_time": 1,
    "grant_type": "password",
    "iat": 2,
    "exp": 3,
    "ext_attr": {"enhancer": "XSUAA"},
    "rev_sig": "5.x",
    "user_id": "u",
}
BARE = {
    *("jti", "sub", "iss", "azp", "cid", "zid", "origin", "user_name", "auth_time", "aud", "amr"),
    *("at_hash", "scope", "grant_type", "iat", "exp"),
}


def claims(*scopes: str, nonce: str | None = None, **user: Any) -> dict[str, Any]:
    access_claims = {**ACCESS_CLAIMS, "scope": ("openid", *scopes)}
    return id_token_claims(access_claims, ACCESS_TOKEN, a_user(**user), ("pwd",), nonce)


def test_an_id_token_never_passes_for_an_access_token() -> None:
    """I-107: neither ``ext_attr`` nor ``rev_sig`` nor scopes; the jti of the access token."""
    found = claims("app!t7.read", "uaa.user")
    assert set(found) == BARE
    assert found["aud"] == ["sb-app!t7"]
    assert found["scope"] == ["openid"]
    assert found["jti"] == "j"
    assert found["amr"] == ["pwd"]


def test_at_hash_binds_it_to_the_access_token() -> None:
    """OIDC Core section 3.1.3.6."""
    half = hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]
    assert base64.urlsafe_b64decode(claims()["at_hash"] + "==") == half


def test_the_nonce_is_that_of_the_authorize_request() -> None:
    assert claims(nonce="n")["nonce"] == "n"


def test_the_email_is_named_with_its_state() -> None:
    found = claims(email="anna@example.org", email_verified=True)
    assert (found["email"], found["email_verified"]) == ("anna@example.org", True)


def test_the_previous_logon_is_in_milliseconds() -> None:
    assert claims(previous_logon_at=START)["previous_logon_time"] == START.timestamp() * 1000


SNAPSHOT = Snapshot(("Sales",), {"country": ("DE", "FR")}, START - timedelta(days=1))
NAMED: dict[str, Any] = {
    "given_name": "Anna",
    "family_name": "A",
    "phone": "1",
    "snapshot": SNAPSHOT,
}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("profile", {"given_name": "Anna", "family_name": "A", "phone_number": "1"}),
        ("roles", {"roles": ["Sales"]}),
        ("user_attributes", {"user_attributes": {"country": ("DE", "FR")}}),
        ("app!t7.read", {}),
    ],
)
def test_claims_that_need_a_scope(scope: str, expected: dict[str, Any]) -> None:
    found = claims(scope, **NAMED)
    assert {name: found[name] for name in set(found) - BARE} == expected


def test_without_a_snapshot_roles_and_attributes_are_empty() -> None:
    found = claims("roles", "user_attributes")
    assert (found["roles"], found["user_attributes"]) == ([], {})

"""The client-credentials grant: scopes, lifetime and claims (RFC 6749 section 4.4)."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.descriptor.model import CredentialType
from broker.errors import GrantRefused
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims
from broker.tokens.grants.client_credentials import ClientCredentials, narrowed
from broker.tokens.signing import KeyRing
from tests.support.application import token_claims
from tests.support.domain import ADDRESSES, a_signing_key
from tests.support.instances import START, an_oauth_client

HELD = ("app!t7.read", "app!t7.write", "uaa.resource")


class Keys:
    """One key that has signed for a day, at a fixed time."""

    def load(self) -> Any:
        return START, [a_signing_key()]


class NoGrants:
    def to(self, client_row_id: int) -> tuple[str, ...]:
        raise AssertionError


@cache
def grant() -> ClientCredentials:
    return ClientCredentials(
        keys=KeyRing(Keys(), 3600),
        authorities=Authorities(NoGrants()),
        claims=ClientClaims(ADDRESSES),
        keys_url=ADDRESSES.keys_url,
        default_validity=600,
        backdate=5,
    )


def authenticated(**changes: Any) -> AuthenticatedClient:
    client = an_oauth_client(authorities=HELD, **changes)
    return AuthenticatedClient(client, 5, CredentialType.BINDING_SECRET, "5.tag")


@pytest.mark.parametrize(
    ("requested", "scopes"),
    [
        ("", HELD),
        (" ", HELD),
        (", ", HELD),
        ("uaa.resource", ("uaa.resource",)),
        ("uaa.resource app!t7.read", ("uaa.resource", "app!t7.read")),
        ("uaa.resource,app!t7.read", ("uaa.resource", "app!t7.read")),
        ("uaa.resource, uaa.resource", ("uaa.resource",)),
    ],
)
def test_a_token_has_the_requested_or_all_scopes(requested: str, scopes: tuple[str, ...]) -> None:
    """O-60, O-61."""
    assert narrowed(HELD, requested) == scopes


@pytest.mark.parametrize("requested", ["other", "uaa.resource other", "APP!T7.READ", "app!t7."])
def test_one_scope_that_is_not_held_refuses_the_request(requested: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        narrowed(HELD, requested)
    assert refused.value.code == "invalid_scope"


def test_the_refused_scope_is_shown_in_characters_that_rfc_6749_allows() -> None:
    with pytest.raises(GrantRefused) as refused:
        narrowed(HELD, 'a"\\\x00ü' + "x" * 1000)
    assert str(refused.value).endswith("a????" + "x" * 123)


@pytest.mark.parametrize(
    ("own", "policy", "validity"),
    [(None, None, 600), (900, None, 900), (900, 300, 300), (None, 300, 300), (900, 1800, 900)],
)
def test_the_lifetime_is_the_client_s_or_the_default_up_to_the_zone_s(
    own: int | None, policy: int | None, validity: int
) -> None:
    """H-44: whole remaining seconds; a token is backdated for clocks that run behind."""
    before = int(grant().keys.current_and_time()[1].timestamp())
    token = grant().prepare(authenticated(token_validity=own, max_token_validity=policy), {})
    after = int(grant().keys.current_and_time()[1].timestamp())
    claims = json.loads(token.claims)
    assert token.expires_in == validity - 1
    assert claims["exp"] - claims["iat"] == validity + 5
    assert before <= claims["iat"] + 5 <= after


def test_the_token_contains_the_granted_claims() -> None:
    issued = grant().issue(
        authenticated(), {"scope": "uaa.resource", "authorities": '{"az_attr": {"a": "1"}}'}
    )
    claims = token_claims(issued.access_token)
    assert claims["scope"] == ["uaa.resource"]
    assert issued.scopes == ("uaa.resource",)
    assert claims["az_attr"] == {"a": "1"}
    assert claims["rev_sig"] == "5.tag"
    assert claims["jti"] == issued.token_id
    assert claims["grant_type"] == "client_credentials"
    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(seconds=605)


def test_two_tokens_have_different_ids() -> None:
    assert (
        grant().prepare(authenticated(), {}).token_id
        != grant().prepare(authenticated(), {}).token_id
    )

"""The size of a client's token: a bound below every token with these scopes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.addresses import Addresses
from broker.authentication.client import AuthenticatedClient
from broker.descriptor.model import CredentialType, Descriptor
from broker.descriptor.token_size import MAX_TOKEN_BYTES, smallest_token, too_large_authorities
from broker.ids import new_token_id
from broker.tokens.client_claims import ClientClaims, TokenDetails
from broker.tokens.signing import SigningKey
from tests.support.domain import a_signing_key
from tests.support.instances import ZONE, an_oauth_client

SHORTEST = Addresses("https://u", "https://c", "https://a", "u")


def descriptor(count: int, length: int, requested: int | None = None) -> Descriptor:
    names = [f"$XSAPPNAME.{number:0{length}d}" for number in range(count)]
    parsed: dict[str, Any] = {
        "xsappname": "app",
        "scopes": [{"name": name} for name in names],
        "authorities": names[:requested],
    }
    return Descriptor.model_validate(parsed)


def token(scopes: tuple[str, ...], **changes: Any) -> str:
    client = an_oauth_client(authorities=scopes, **changes)
    authenticated = AuthenticatedClient(client, 1, CredentialType.BINDING_SECRET, "1." + 16 * "0")
    details = TokenDetails(new_token_id(), 1, 2, {})
    claims = ClientClaims(SHORTEST).render(authenticated, scopes, "client_credentials", details)
    return SigningKey.parse(a_signing_key()).sign(claims, SHORTEST.keys_url)


@pytest.mark.parametrize("count", [0, 1, 60, 300])
def test_no_token_is_smaller_and_the_smallest_is_little_larger(count: int) -> None:
    scopes = tuple(f"app!t7.scope-{number}" for number in range(count))
    size = len(token(scopes, service_instance_guid="i", zone=replace(ZONE, subdomain="z")))
    assert 0 <= size - smallest_token("app!t7", scopes) < 100


def test_sizes_are_named_if_the_own_scopes_fit_in_no_token() -> None:
    [violation] = too_large_authorities(descriptor(500, 150), "app!t7")
    assert violation.path == "authorities"
    assert violation.found == (
        "500 scopes of 78,500 characters with app!t7 in place of $XSAPPNAME: a token with all of"
        " them has at least 214,378 bytes"
    )
    assert f"{MAX_TOKEN_BYTES:,} bytes" in violation.allowed


def test_only_requested_scopes_count() -> None:
    assert list(too_large_authorities(descriptor(500, 150, requested=30), "app!t7")) == []
    assert len(list(too_large_authorities(descriptor(500, 150, requested=40), "app!t7"))) == 1
    others = Descriptor.model_validate(
        {"xsappname": "app", "authorities": [f"b.{number:0190d}" for number in range(200)]}
    )
    assert list(too_large_authorities(others, "app!t7")) == []

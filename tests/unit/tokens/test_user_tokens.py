"""Claims of a user's token (I-141)."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.authorization.rights import Rights
from broker.credentials.digest import user_revocation_signature
from broker.descriptor.model import CredentialType
from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import GrantRefused
from broker.identity.client_settings import ClientSettings
from broker.tokens.signing import KeyRing
from broker.tokens.user_tokens import Logon, UserTokens
from tests.support.application import token_claims
from tests.support.digest_keys import NEWEST, FixedDigestKeys
from tests.support.domain import ADDRESSES, a_signing_key
from tests.support.instances import START, an_oauth_client
from tests.support.users import a_user

if TYPE_CHECKING:
    from broker.tokens.grant import IssuedToken

SCOPES = ("app!t7.read", "openid", "uaa.user")
RIGHTS = Rights(SCOPES, {"Country": ["DE"]}, {"xs.rolecollections": ["Viewer"]})
AUTH_TIME = START - timedelta(hours=1)


class Keys:
    """One key that has signed for a day, at a fixed time."""

    def load(self) -> Any:
        return START, [a_signing_key()]


@cache
def tokens() -> UserTokens:
    return UserTokens(KeyRing(Keys(), 3600), FixedDigestKeys(), ADDRESSES, 600, 5)


def claims(rights: Rights = RIGHTS, **changes: Any) -> dict[str, Any]:
    options: dict[str, Any] = {
        "settings": ClientSettings(),
        "thumbprint": None,
        "parameters": {},
        "auth_time": AUTH_TIME,
    }
    options |= changes
    client = AuthenticatedClient(
        an_oauth_client(), 5, CredentialType.BINDING_SECRET, "5.tag", options["thumbprint"]
    )
    user = options.get("user") or a_user(email="anna@example.org", given_name="Anna")
    issued = tokens().issue(
        client,
        Logon(user, options["auth_time"], ("pwd",)),
        rights,
        settings=options["settings"],
        grant_type="password",
        parameters=options["parameters"],
        source=options.get("source"),
    )
    assert issued.subject.id == user.user_id
    return token_claims(issued.access_token)


def test_a_user_token_has_the_claims_of_the_original() -> None:
    """I-141, in the original's order; no authorities."""
    found = claims()
    assert list(found) == [
        *("jti", "ext_attr", "xs.user.attributes", "xs.system.attributes", "given_name", "sub"),
        *("scope", "client_id", "cid", "azp", "grant_type", "user_id", "origin", "user_name"),
        *("email", "auth_time", "rev_sig", "iat", "exp", "iss", "zid", "aud"),
    ]
    client = an_oauth_client()
    assert found["sub"] == found["user_id"] != client.client_id
    assert found["cid"] == found["azp"] == found["client_id"] == client.client_id
    assert (found["origin"], found["user_name"]) == ("sap.default", "anna")
    assert found["xs.user.attributes"] == {"Country": ["DE"]}
    assert found["auth_time"] == AUTH_TIME.timestamp()
    assert found["ext_attr"]["subaccountid"] == found["zid"] == client.zone.guid


def test_the_audience_names_openid_and_the_prefixes_of_scopes() -> None:
    """I-G6."""
    client = an_oauth_client()
    assert claims()["aud"] == [client.client_id, "app!t7", "uaa", "openid"]


def test_a_logon_is_not_after_the_backdated_token() -> None:
    found = claims(auth_time=START)
    assert found["auth_time"] == found["iat"] < START.timestamp()


def test_attributes_are_always_objects() -> None:
    """I-137: every library reads them."""
    found = claims(Rights(("openid",)))
    assert found["xs.user.attributes"] == found["xs.system.attributes"] == {}


def test_rev_sig_depends_on_the_users_epoch() -> None:
    """I-09: a raised epoch ends the token."""
    user = a_user(token_epoch=3)
    expected = user_revocation_signature(NEWEST.secret, "5.tag", user.user_id, 3)
    assert claims(user=user)["rev_sig"] == expected
    assert expected.startswith("5.")
    others = {
        user_revocation_signature(NEWEST.secret, "5.tag", user.user_id, 4),
        user_revocation_signature(NEWEST.secret, "5.tag", a_user().user_id, 3),
        user_revocation_signature(NEWEST.secret, "5.other", user.user_id, 3),
    }
    assert len({expected, *others}) == 4


@pytest.mark.parametrize(("most", "lifetime"), [(None, 600), (60, 60), (3600, 600)])
def test_the_zones_policy_is_a_maximum(most: int | None, lifetime: int) -> None:
    """D-43."""
    found = claims(settings=ClientSettings(max_access_token_validity=most))
    assert found["exp"] - int(START.timestamp()) == lifetime


def test_a_token_is_bound_to_the_clients_certificate() -> None:
    assert claims(thumbprint="tp")["cnf"] == {"x5t#S256": "tp"}


def test_attributes_of_the_request_become_az_attr() -> None:
    """M8: the Java client sends them."""
    parameters = {"authorities": '{"az_attr": {"a": "b"}}'}
    assert claims(parameters=parameters)["az_attr"] == {"a": "b"}


def test_a_token_that_is_too_long_names_its_largest_claims() -> None:
    """I-142."""
    attributes = {"Country": ["x" * 255] * (MAX_TOKEN_BYTES // 255)}
    with pytest.raises(GrantRefused, match=r"largest claims are xs\.user\.attributes") as user:
        claims(Rights(SCOPES, attributes))
    assert "system-attributes" not in str(user.value)
    collections = {"xs.rolecollections": ["x" * 255] * (MAX_TOKEN_BYTES // 255)}
    with pytest.raises(GrantRefused, match=r'set "system-attributes" to \[\]'):
        claims(Rights(SCOPES, {}, collections))


def test_an_id_token_accompanies_the_scope_openid() -> None:
    """I-106: signed with the same key, of the same jti."""
    client = AuthenticatedClient(an_oauth_client(), 5, CredentialType.BINDING_SECRET, "5.tag")
    logon = Logon(a_user(), AUTH_TIME, ("pwd",))

    def issued(*scopes: str) -> IssuedToken:
        return tokens().issue(
            client,
            logon,
            Rights(scopes),
            settings=ClientSettings(),
            grant_type="password",
            parameters={},
            nonce="n",
        )

    assert issued("uaa.user").id_token is None
    with_id_token = issued("openid")
    found = tokens().keys.claims_of(with_id_token.id_token or "")
    assert (found["jti"], found["nonce"]) == (with_id_token.token_id, "n")
    assert with_id_token.response()["id_token"] == with_id_token.id_token


def test_rev_sig_names_the_source() -> None:
    """D-44: the refresh family or session that the token depends on."""
    user = a_user()
    assert claims(user=user, source=255)["rev_sig"] == f"{claims(user=user)['rev_sig']}.ff"

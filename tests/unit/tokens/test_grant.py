"""Guarantees of every grant, including one that writes: a token and its rows, or neither."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import GrantRefused
from broker.store.tokens.granted_scopes import StoredGrants
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims
from broker.tokens.grant import Subject, validity
from broker.tokens.grants.client_credentials import ClientCredentials
from broker.tokens.signing import KeyRing, SigningKey
from tests.support.application import token_claims
from tests.support.domain import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.store.repositories import Repositories
    from broker.tokens.grant import Grant, IssuedToken
    from tests.support.domain import Domain

CODE_GRANT: Final = "urn:example:code"
TOO_LONG: Final = json.dumps({"az_attr": {"text": "x" * MAX_TOKEN_BYTES}})


class CodeClaims(ClientCredentials):
    """Signs the client's tokens for the code grant."""

    grant_type = CODE_GRANT


@dataclass(frozen=True)
class TakesCodes:
    """Exchanges a one-time code for a token, and stores the code for the next one.

    Held names stand in for codes, which the store does not have yet.
    """

    domain: Domain
    signer: ClientCredentials
    grant_type: str = field(default=CODE_GRANT, init=False)

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        def work(store: Repositories) -> IssuedToken:
            if not store.held_names.release(parameters["code"]):
                raise GrantRefused("invalid_grant", "Invalid code")
            hold(store, parameters["next_code"])
            return self.signer.issue(client, parameters)

        return self.domain.transactions.run(work)

    def put(self, code: str) -> None:
        self.domain.transactions.run(lambda store: hold(store, code))

    def has(self, code: str) -> bool:
        now = self.domain.clock.now()
        found = self.domain.transactions.read(
            lambda store: store.held_names.held_from(code, "another space", now)
        )
        return found is not None


def hold(store: Repositories, code: str) -> None:
    now = store.time()
    store.held_names.hold(code, "space", now, now + timedelta(days=3650))


@pytest.fixture
def client(domain: Domain) -> AuthenticatedClient:
    domain.provision("i", {"xsappname": "app"})
    credentials = domain.bind("i", "b")
    return domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])


@pytest.fixture
def ordinary(domain: Domain) -> ClientCredentials:
    return ClientCredentials(
        KeyRing(StoredSigningKeys(domain.engine, domain.keys), 3600),
        Authorities(StoredGrants(domain.engine)),
        ClientClaims(ADDRESSES),
        ADDRESSES.keys_url,
        600,
        5,
    )


@pytest.fixture
def codes(domain: Domain, ordinary: ClientCredentials) -> TakesCodes:
    """The grant that writes; it shares its collaborators with the ordinary one."""
    signer = CodeClaims(
        ordinary.keys,
        ordinary.authorities,
        ordinary.claims,
        ordinary.keys_url,
        ordinary.default_validity,
        ordinary.backdate,
    )
    taking = TakesCodes(domain, signer)
    taking.put("first")
    return taking


USE_FIRST: Final = {"code": "first", "next_code": "second"}


def test_a_grant_that_writes_keeps_what_it_wrote_for_a_token(
    codes: TakesCodes, client: AuthenticatedClient
) -> None:
    assert codes.issue(client, USE_FIRST).access_token
    assert (codes.has("first"), codes.has("second")) == (False, True)
    with pytest.raises(GrantRefused, match="Invalid code"):
        codes.issue(client, USE_FIRST)


@pytest.mark.parametrize(
    ("refused", "text"),
    [
        pytest.param({"authorities": TOO_LONG}, "The token would have", id="too long when signed"),
        pytest.param({"scope": "foreign"}, "Invalid scope", id="foreign scope"),
    ],
)
def test_a_grant_that_is_refused_a_signature_leaves_nothing_behind(
    codes: TakesCodes, client: AuthenticatedClient, refused: dict[str, str], text: str
) -> None:
    """The request may then be repeated with fewer claims."""
    with pytest.raises(GrantRefused, match=text):
        codes.issue(client, USE_FIRST | refused)
    assert (codes.has("first"), codes.has("second")) == (True, False)
    assert codes.issue(client, USE_FIRST).access_token


def test_a_grant_whose_signature_fails_leaves_nothing_behind(
    codes: TakesCodes, client: AuthenticatedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(SigningKey, "sign", fail)
        with pytest.raises(MemoryError):
            codes.issue(client, USE_FIRST)
    assert (codes.has("first"), codes.has("second")) == (True, False)
    assert codes.issue(client, USE_FIRST).access_token


def test_a_token_names_the_grant_that_issued_it(
    codes: TakesCodes, ordinary: ClientCredentials, client: AuthenticatedClient
) -> None:
    """Both share the cached claims of a client, which exclude the grant type."""
    grants: list[Grant] = [ordinary, codes, ordinary]
    tokens = [token_claims(grant.issue(client, USE_FIRST).access_token) for grant in grants]
    assert [token["grant_type"] for token in tokens] == [grant.grant_type for grant in grants]
    changing = dict.fromkeys(("grant_type", "jti", "iat", "exp"))
    assert tokens[0] | changing == tokens[1] | changing


def test_the_subject_of_a_token_is_its_client(
    ordinary: ClientCredentials, client: AuthenticatedClient
) -> None:
    token = ordinary.issue(client, {})
    assert token.subject == Subject(client)
    assert token.subject.id == client.client.client_id
    assert token_claims(token.access_token)["sub"] == token.subject.id


def test_the_subject_of_a_token_is_the_user_who_acts_through_a_client(
    client: AuthenticatedClient,
) -> None:
    subject = Subject(client, user_id="a-user")
    assert subject.id == "a-user"
    assert subject.client is client


@pytest.mark.parametrize(
    ("own", "policy", "expected"),
    [
        (None, None, 600),
        (900, None, 900),
        (900, 1800, 900),
        (3600, 1800, 1800),
        (None, 1800, 600),
        (None, 300, 300),
    ],
)
def test_the_policy_is_a_maximum(own: int | None, policy: int | None, expected: int) -> None:
    """D-43: instances may shorten."""
    assert validity(own, policy, default=600) == expected

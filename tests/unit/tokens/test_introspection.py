"""Introspection with a real database: one lookup for any state of the token (D-32)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.errors import TokenInvalid
from broker.store.identity.users import StoredUsers
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.key_maintenance import retire, rotate
from broker.store.sealing.reseal import Reseal
from broker.store.tokens.granted_scopes import StoredGrants
from broker.store.tokens.issued_tokens import StoredTokenOrigins
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.tokens import signing as signing_module
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims
from broker.tokens.grants.client_credentials import ClientCredentials
from broker.tokens.introspection import Introspection
from broker.tokens.key_changes import KeyChanges
from broker.tokens.revocations.tokens import TokenRevocation
from broker.tokens.signing import KeyRing
from tests.support.domain import ADDRESSES, CALLER, MASTER_KEYS, OPERATOR
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from datetime import datetime

    from broker.credentials.envelope import Payload
    from tests.support.domain import Domain

TYPES = ["binding-secret", "instance-secret"]
DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": TYPES}}


class TokenService:
    """Issues and introspects tokens in one process."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.ring = KeyRing(
            KeyChanges(domain.transactions, StoredSigningKeys(domain.engine, domain.keys)), 3600
        )
        self.origins = StoredTokenOrigins(domain.engine)
        self.revocation = TokenRevocation(domain.transactions, limit=2)
        self.introspection = Introspection(
            self.ring, self.origins, domain.keys, ADDRESSES, StoredUsers(domain.engine)
        )
        authorities = Authorities(StoredGrants(domain.engine))
        claims, keys_url = ClientClaims(ADDRESSES), ADDRESSES.keys_url
        self.grant = ClientCredentials(self.ring, authorities, claims, keys_url, 600, 5)

    def token(self, credentials: Payload) -> str:
        client = self._domain.authenticator.authenticate(
            credentials["clientid"], credentials["clientsecret"]
        )
        return self.grant.prepare(client, {}).signed().access_token

    def is_active(self, token: str) -> bool:
        try:
            self.introspection.of(token)
        except TokenInvalid:
            return False
        return True


@pytest.fixture
def service(domain: Domain) -> TokenService:
    return TokenService(domain)


@pytest.mark.parametrize("bindings", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_of_many_bindings_one_is_deleted(
    domain: Domain, service: TokenService, bindings: int
) -> None:
    domain.provision("i", DESCRIPTOR)
    tokens = [service.token(domain.bind("i", f"b{number}")) for number in range(bindings)]
    domain.unbind("i", "b100")
    assert [number for number in range(bindings) if not service.is_active(tokens[number])] == [100]


def test_every_response_costs_one_statement(domain: Domain, service: TokenService) -> None:
    domain.provision("i", DESCRIPTOR)
    active = service.token(domain.bind("i", "b1"))
    deleted = service.token(domain.bind("i", "b2"))
    domain.unbind("i", "b2")
    revoked = service.token(domain.bind("i", "b3"))
    found = service.introspection.of(revoked)
    service.revocation.revoke(found.client, found.token_id, found.expires_at)
    for token, is_active in ((active, True), (deleted, False), (revoked, False)):
        with statements_of(domain.engine) as statements:
            assert service.is_active(token) is is_active
        assert len(statements) == 1


def test_a_rotated_generation_ends_all_older_tokens(domain: Domain, service: TokenService) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.provision("other", {**DESCRIPTOR, "xsappname": "other"})
    credentials, other = domain.bind("i", "b"), domain.bind("other", "b")
    old, foreign = service.token(credentials), service.token(other)
    service.revocation.revoke_all(service.introspection.of(old).client)
    assert not service.is_active(old)
    assert service.is_active(foreign)
    assert service.is_active(service.token(credentials))


def test_the_table_of_revoked_tokens_is_bounded(domain: Domain, service: TokenService) -> None:
    domain.provision("i", DESCRIPTOR)
    credentials = domain.bind("i", "b")
    tokens = [service.token(credentials) for _ in range(4)]
    found = [service.introspection.of(token) for token in tokens]

    def revoke(number: int, expires_at: datetime | None = None) -> bool:
        token = found[number]
        until = expires_at or token.expires_at
        return service.revocation.revoke(token.client, token.token_id, until)

    assert revoke(0, service.ring.now())  # deleted at once: it has expired
    assert revoke(1)
    assert revoke(2)
    assert revoke(2)
    assert not revoke(3)
    assert [service.is_active(token) for token in tokens] == [True, False, False, True]
    service.revocation.revoke_all(found[3].client)
    assert not service.is_active(tokens[3])


def test_a_long_text_is_refused_unread(
    service: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_module, "split", lambda _: pytest.fail("read"))
    assert not service.is_active("x" * 16_385)


def test_an_expired_token_differs_from_a_forged_one(domain: Domain, service: TokenService) -> None:
    domain.provision("i", DESCRIPTOR)
    service.grant = replace(service.grant, default_validity=0)
    with pytest.raises(TokenInvalid, match="Token has expired"):
        service.introspection.of(service.token(domain.bind("i", "b")))


def test_tokens_outlive_the_replacement_of_the_digest_key(
    domain: Domain, service: TokenService
) -> None:
    domain.provision("i", DESCRIPTOR)
    kept = domain.bind("i", "b1")
    shared = domain.bind("i", "b2", {"credential-type": "instance-secret"})
    before = [service.token(kept), service.token(shared)]
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    between = [service.token(kept), service.token(shared)]
    Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)
    after = [service.token(kept), service.token(shared)]
    tokens = before + between + after
    assert [service.is_active(token) for token in tokens] == [True] * 6
    domain.unbind("i", "b1")
    assert [service.is_active(token) for token in tokens] == [False, True] * 3


def test_retiring_a_digest_key_ends_no_token_issued_since_it_was_superseded(
    domain: Domain, service: TokenService
) -> None:
    """Even if the credential itself is redigested with the new key much later."""
    domain.provision("i", DESCRIPTOR)
    credentials = domain.bind("i", "b")
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    token = service.token(credentials)
    Reseal(domain.engine, domain.keys)(OPERATOR, lambda _: None)
    assert retire(domain.engine, timedelta(), OPERATOR) == (1, [])
    domain.keys.load()
    assert service.is_active(token)


def test_another_host_s_new_digest_key_is_looked_for(domain: Domain, service: TokenService) -> None:
    domain.provision("i", DESCRIPTOR)
    credentials = domain.bind("i", "b")
    other_host = DataKeys(domain.engine, MASTER_KEYS)
    other_host.load()
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    token = service.token(credentials)
    there = replace(service.introspection, digest_keys=other_host)
    assert there.of(token).claims["cid"] == credentials["clientid"]


def test_tokens_of_an_overlap_outlive_the_replacement_of_the_digest_key(
    domain: Domain, service: TokenService
) -> None:
    """The next secret is digested with the new key; the token is from the previous secret."""
    domain.provision("i", DESCRIPTOR)
    token = service.token(domain.bind("i", "b", {"credential-type": "instance-secret"}))
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    domain.rotate_.rotate(CALLER, "i", timedelta(days=7))
    assert service.is_active(token)
    domain.rotate_.revoke_previous(CALLER, "i")
    assert not service.is_active(token)

"""Introspection of users' tokens: the client's conditions and the user's (D-59, I-09, I-45)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from sqlalchemy import insert, update

from broker.ids import new_row_id
from broker.store.sealing.data_keys import Purpose
from broker.store.sealing.key_maintenance import rotate
from broker.store.tables.identity import identity_provider, shadow_user
from broker.tokens.revocations.marks import mark_expiry, revocation_mark
from broker.tokens.revocations.tokens import TokenRevocation
from tests.support.domain import OPERATOR
from tests.support.statements import statements_of
from tests.support.user_tokens import UserTokenService
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.credentials.envelope import Payload
    from broker.identity.user import User
    from tests.support.domain import Domain

DESCRIPTOR = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": ["binding-secret"]},
}
REVOKED = "all tokens of its credential or user are revoked"


@pytest.fixture
def service(domain: Domain) -> UserTokenService:
    return UserTokenService.of_domain(domain)


@pytest.fixture
def credentials(domain: Domain) -> Payload:
    domain.provision("i", DESCRIPTOR)
    return domain.bind("i", "b")


@pytest.fixture
def user(domain: Domain, credentials: Payload) -> User:
    return stored_user(domain, domain.instance("i").client.zone)


def change(domain: Domain, user: User, **values: Any) -> None:
    with domain.engine.begin() as connection:
        connection.execute(
            update(shadow_user).where(shadow_user.c.id == user.row_id).values(**values)
        )


def provide(domain: Domain, user: User, *, is_active: bool) -> None:
    """Store an identity provider of the user's origin."""
    with domain.engine.begin() as connection:
        connection.execute(
            insert(identity_provider).values(
                id=new_row_id(),
                zone_row_id=user.zone.row_id,
                origin=user.origin,
                type="oidc1.0",
                name=user.origin,
                is_active=is_active,
                configuration="{}",
                version=1,
                created_at=NOW,
                updated_at=NOW,
            )
        )


def test_a_user_token_is_active_with_its_user(
    service: UserTokenService, credentials: Payload, user: User
) -> None:
    found = service.introspection.of(service.issue(credentials, user).access_token)
    assert found.user == user
    assert found.client.client_id == credentials["clientid"]
    assert found.source is None
    of_client = service.introspection.of(service.client_token(credentials))
    assert of_client.user is None


def test_the_source_is_found(service: UserTokenService, credentials: Payload, user: User) -> None:
    """D-44."""
    issued = service.issue(credentials, user, source=2**62 + 1)
    assert service.introspection.of(issued.access_token).source == 2**62 + 1


def test_an_id_token_is_no_access_token(
    service: UserTokenService, credentials: Payload, user: User
) -> None:
    """I-107."""
    issued = service.issue(credentials, user)
    assert service.reason(issued.id_token or "") == "not an access token"


def test_a_users_token_costs_two_statements_a_clients_one(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    of_user = service.issue(credentials, user).access_token
    of_client = service.client_token(credentials)
    for token, expected in ((of_user, 2), (of_client, 1)):
        with statements_of(domain.engine) as statements:
            assert service.reason(token) is None
        assert len(statements) == expected


def test_an_inactive_user_has_no_active_token(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """D-59, I-09."""
    token = service.issue(credentials, user).access_token
    change(domain, user, is_active=False)
    assert service.reason(token) == "its user is inactive"
    change(domain, user, is_active=True)
    assert service.reason(token) is None


def test_a_raised_epoch_ends_older_tokens(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """D-59: a password change or "end sessions"; tokens of other users and clients remain."""
    other = stored_user(domain, user.zone, "berta")
    tokens = [service.issue(credentials, each).access_token for each in (user, other)]
    change(domain, user, token_epoch=2)
    assert [service.reason(token) for token in tokens] == [REVOKED, None]
    assert service.reason(service.client_token(credentials)) is None
    again = domain.transactions.read(lambda store: store.users.find(user.user_id))
    assert again is not None
    assert service.reason(service.issue(credentials, again).access_token) is None


def test_a_provider_that_is_inactive_or_gone_ends_its_users_tokens(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """I-45, D-59; the local store needs no record of a provider."""
    guest = stored_user(domain, user.zone, origin="ias")
    token = service.issue(credentials, guest).access_token
    inactive = "the identity provider of its user is inactive"
    assert service.reason(token) == inactive
    provide(domain, guest, is_active=True)
    assert service.reason(token) is None
    with domain.engine.begin() as connection:
        connection.execute(update(identity_provider).values(is_active=False))
    assert service.reason(token) == inactive
    provide(domain, user, is_active=False)
    assert service.reason(service.issue(credentials, user).access_token) == inactive


def test_a_deleted_user_has_no_active_token(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    token = service.issue(credentials, user).access_token
    with domain.engine.begin() as connection:
        connection.execute(shadow_user.delete())
    assert service.reason(token) == "its user does not exist in the zone"


def test_a_user_of_another_zone_has_no_token_of_this_client(
    domain: Domain, service: UserTokenService, credentials: Payload
) -> None:
    domain.provision("elsewhere", {"xsappname": "app"}, organization_guid="other")
    there = stored_user(domain, domain.instance("elsewhere").client.zone)
    token = service.issue(credentials, there).access_token
    assert service.reason(token) == "its user does not exist in the zone"


def test_what_ends_a_clients_tokens_ends_its_users_tokens(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """D-59: unbind, revoke client, deprovision; tokens of other bindings survive an unbind."""
    other = domain.bind("i", "b2")
    first, second = (service.issue(each, user).access_token for each in (credentials, other))
    domain.unbind("i", "b")
    assert service.reason(first) == "its credential no longer exists"
    assert service.reason(second) is None
    client = service.introspection.of(second).client
    TokenRevocation(domain.transactions).revoke_all(client)
    assert service.reason(second) == REVOKED
    third = service.issue(other, user).access_token
    assert service.reason(third) is None
    domain.unbind("i", "b2")
    domain.deprovision("i")
    assert service.reason(third) == "its credential no longer exists"


def test_one_token_is_revoked_alone(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    revoked, kept = (service.issue(credentials, user).access_token for _ in range(2))
    found = service.introspection.of(revoked)
    TokenRevocation(domain.transactions).revoke(found.client, found.token_id, found.expires_at)
    assert service.reason(revoked) == "the token is revoked"
    assert service.reason(kept) is None


def test_a_mark_ends_the_users_tokens_at_one_client(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """O-103: tokens issued before; those of other users and of the client itself remain."""
    other = stored_user(domain, user.zone, "berta")
    token, of_other = (service.issue(credentials, each).access_token for each in (user, other))
    found = service.introspection.of(token)
    mark = revocation_mark(found.client.client_id, user.user_id)
    now = service.ring.now()

    def revoke(expires_at: datetime) -> None:
        domain.transactions.run(
            lambda store: store.issued_tokens.revoke_marked(
                found.client.row_id,
                mark,
                expires_at=expires_at,
                now=now - timedelta(days=900),
            )
        )

    revoke(mark_expiry(now - timedelta(days=365), 5))
    assert service.reason(token) is None
    revoke(mark_expiry(now, 5))
    assert service.reason(token) == "the token is revoked"
    assert service.reason(of_other) is None
    assert service.reason(service.client_token(credentials)) is None


def test_a_clients_signature_does_not_pass_for_a_users(
    service: UserTokenService, credentials: Payload, user: User
) -> None:
    """TH-07: neither with a user added to a client's token, nor removed from a user's."""
    authenticated = service.client(credentials)
    key = service.ring.current()

    def signed(issued: str, **changes: Any) -> str:
        claims = service.ring.claims_of(issued) | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return key.sign(json.dumps(kept).encode(), "https://keys")

    of_user = service.issue(credentials, user).access_token
    signature = authenticated.revocation_signature
    assert service.reason(signed(of_user)) is None
    assert service.reason(signed(of_user, rev_sig=signature)) == REVOKED
    assert service.reason(signed(of_user, user_id=None)) is not None
    of_client = service.client_token(credentials)
    assert service.reason(signed(of_client, user_id=user.user_id)) == REVOKED
    assert service.reason(signed(of_client, rev_sig=f"{signature}.ff")) is not None


def test_user_tokens_outlive_the_replacement_of_the_digest_key(
    domain: Domain, service: UserTokenService, credentials: Payload, user: User
) -> None:
    """Also if the key was replaced between the client's signature and the user's."""
    before = service.issue(credentials, user).access_token
    authenticated = service.client(credentials)
    rotate(domain.engine, domain.keys, [Purpose.DIGEST], OPERATOR)
    domain.keys.load()
    service.client = Mock(return_value=authenticated)  # type: ignore[method-assign]
    between = service.issue(credentials, user).access_token
    assert service.reason(before) is None
    assert service.reason(between) is None

"""Tokens of users, issued and introspected in one process without a logon."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broker.authentication.secret import SecretAuthenticator
from broker.authorization.rights import Rights
from broker.errors import TokenInvalid
from broker.identity.client_settings import ClientSettings
from broker.store.credentials.lookup import StoredCredentials
from broker.store.identity.users import StoredUsers
from broker.store.tokens.granted_scopes import StoredGrants
from broker.store.tokens.issued_tokens import StoredTokenOrigins
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims
from broker.tokens.grants.client_credentials import ClientCredentials
from broker.tokens.introspection import Introspection
from broker.tokens.key_changes import KeyChanges
from broker.tokens.signing import KeyRing
from broker.tokens.user_tokens import Logon, UserTokens
from tests.support.domain import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from broker.addresses import Addresses
    from broker.authentication.client import AuthenticatedClient
    from broker.identity.user import User
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.transactions import StoreTransactions
    from broker.tokens.grant import IssuedToken
    from tests.support.domain import Domain

VALIDITY = 600
BACKDATE = 5


class UserTokenService:
    """Issues tokens of users, whatever their rights, and introspects them."""

    def __init__(
        self,
        engine: Engine,
        keys: DataKeys,
        transactions: StoreTransactions,
        addresses: Addresses = ADDRESSES,
    ) -> None:
        """Read keys, credentials and users from this database."""
        self._engine, self._addresses = engine, addresses
        self._authenticator = SecretAuthenticator(StoredCredentials(engine), keys)
        self.ring = KeyRing(KeyChanges(transactions, StoredSigningKeys(engine, keys)), 3600)
        self.tokens = UserTokens(self.ring, keys, addresses, VALIDITY, BACKDATE)
        self.introspection = Introspection(
            self.ring, StoredTokenOrigins(engine), keys, addresses, StoredUsers(engine)
        )

    @classmethod
    def of_domain(cls, domain: Domain) -> UserTokenService:
        """Return the service on the domain's database."""
        return cls(domain.engine, domain.keys, domain.transactions)

    def client(self, credentials: Mapping[str, Any]) -> AuthenticatedClient:
        """Return the client that the credentials authenticate."""
        return self._authenticator.authenticate(
            credentials["clientid"], credentials["clientsecret"]
        )

    def issue(
        self, credentials: Mapping[str, Any], user: User, *scopes: str, **options: Any
    ) -> IssuedToken:
        """Return the user's tokens at the client, by default for scope ``openid``."""
        logged_on = options.pop("auth_time", self.ring.now() - timedelta(minutes=1))
        return self.tokens.issue(
            self.client(credentials),
            Logon(user, logged_on, ("pwd",)),
            Rights(scopes or ("openid",)),
            settings=ClientSettings(),
            grant_type="password",
            parameters={},
            **options,
        )

    def client_token(self, credentials: Mapping[str, Any]) -> str:
        """Return a token of the client itself."""
        grant = ClientCredentials(
            self.ring,
            Authorities(StoredGrants(self._engine)),
            ClientClaims(self._addresses),
            self._addresses.keys_url,
            VALIDITY,
            BACKDATE,
        )
        return grant.issue(self.client(credentials), {}).access_token

    def reason(self, token: str) -> str | None:
        """Return why the token is inactive, None if it is active."""
        try:
            self.introspection.of(token)
        except TokenInvalid as error:
            return error.reason
        return None

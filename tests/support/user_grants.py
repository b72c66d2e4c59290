"""Clients and users with stored grants, on the database of a ``Domain``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update

from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.assignments import role_assignment
from broker.store.tables.identity import shadow_user
from broker.tokens.authorization_code import AuthorizationCodes
from broker.tokens.grants.authorization_code import AuthorizationCodeGrant
from broker.tokens.grants.refresh_token import RefreshTokenGrant
from broker.tokens.refresh_tokens import RefreshTokens, Started
from broker.tokens.signing import KeyRing
from broker.tokens.user_tokens import Logon, UserTokens
from tests.support.domain import ADDRESSES, a_signing_key
from tests.support.rights import MAX_SNAPSHOT_AGE, assign, decided_rights
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.authentication.client import AuthenticatedClient
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User
    from broker.tokens.grant import IssuedToken
    from tests.support.domain import Domain

ADDRESS = "192.0.2.7"
WEEK = 7 * 24 * 3600
REDIRECT = "https://app.example.org/login/callback"


def a_descriptor(name: str) -> dict[str, Any]:
    """Return a descriptor with a scope, and a role collection that has it."""
    return {
        "xsappname": name,
        "scopes": [{"name": "$XSAPPNAME.read"}],
        "role-templates": [{"name": "Reader", "scope-references": ["$XSAPPNAME.read"]}],
        "role-collections": [
            {"name": f"{name} readers", "role-template-references": ["$XSAPPNAME.Reader"]}
        ],
    }


@dataclass(frozen=True)
class _Keys:
    """One key that signs."""

    clock: Clock

    def load(self) -> Any:
        return self.clock.now(), [a_signing_key()]


@dataclass
class UserGrants:
    """One application and a user of its zone, who holds the application's role collection.

    ``changes`` replace members of the settings of every client.
    """

    domain: Domain
    changes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def client(self) -> AuthenticatedClient:
        """The application's client."""
        return self.another_client("app")

    @cached_property
    def user(self) -> User:
        """The user."""
        user = stored_user(self.domain, self.client.client.zone)
        assign(self.domain, user, "app readers")
        return user

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the user may at the client."""
        return (f"{self.client.client.app_id}.read", "openid")

    def of(self, client: Client) -> ClientSettings:
        """Return the stored settings of the client, with ``changes``."""
        return replace(StoredClientSettings(self.domain.engine).of(client), **self.changes)

    @property
    def refresh_tokens(self) -> RefreshTokens:
        """The service."""
        return RefreshTokens(self.domain.clock, WEEK, WEEK)

    @property
    def tokens(self) -> UserTokens:
        """The issuer of users' tokens."""
        return UserTokens(
            KeyRing(_Keys(self.domain.clock), 3600), self.domain.keys, ADDRESSES, 600, 5
        )

    def refresh(self, text: str | None, **more: str) -> IssuedToken:
        """Refresh as the client."""
        return self.refresh_as(self.client, text, **more)

    def refresh_as(self, client: AuthenticatedClient, text: str | None, **more: str) -> IssuedToken:
        """Refresh as this client."""
        grant = RefreshTokenGrant(
            self.domain.transactions,
            self,
            decided_rights(self.domain),
            self.tokens,
            self.domain.clock,
            MAX_SNAPSHOT_AGE,
            lambda: ADDRESS,
        )
        sent = {} if text is None else {"refresh_token": text}
        return grant.issue(client, {"grant_type": "refresh_token", **sent, **more})

    def exchange(self, text: str | None, **more: str) -> IssuedToken:
        """Exchange a code as the client, with the usual redirect URI."""
        sent = {} if text is None else {"code": text}
        return self.exchange_as(self.client, {**sent, "redirect_uri": REDIRECT, **more})

    def exchange_as(self, client: AuthenticatedClient, parameters: dict[str, str]) -> IssuedToken:
        """Exchange a code as this client."""
        grant = AuthorizationCodeGrant(
            self.domain.transactions,
            self,
            decided_rights(self.domain),
            self.tokens,
            self.refresh_tokens,
            self.domain.clock,
            lambda: ADDRESS,
        )
        return grant.issue(client, {"grant_type": "authorization_code", **parameters})

    def logon(self, user: User | None = None, session_row_id: int | None = None) -> Logon:
        """Return a logon of the user now."""
        return Logon(user or self.user, self.domain.clock.now(), ("pwd",), session_row_id)

    def another_client(self, name: str, organization: str = "org") -> AuthenticatedClient:
        """Return the client of another application."""
        self.domain.provision(name, a_descriptor(name), organization_guid=organization)
        found = self.domain.bind(name, f"{name}-binding")
        return self.domain.authenticator.authenticate(found["clientid"], found["clientsecret"])

    def change_user(self, **values: Any) -> None:
        """Change columns of the user."""
        with self.domain.engine.begin() as connection:
            changed = update(shadow_user).where(shadow_user.c.id == self.user.row_id)
            connection.execute(changed.values(**values))

    def end_all(self) -> None:
        """Raise the user's token epoch (I-09)."""
        self.change_user(token_epoch=shadow_user.c.token_epoch + 1)

    def withdraw_roles(self) -> None:
        """Delete the user's assignments."""
        with self.domain.engine.begin() as connection:
            connection.execute(delete(role_assignment))
        self.change_user(roles_epoch=shadow_user.c.roles_epoch + 1)

    def started(
        self,
        client: AuthenticatedClient | None = None,
        logon: Logon | None = None,
        grant_type: str = "password",
        source: int | None = None,
    ) -> Started:
        """Start a family in a transaction."""
        # Before the transaction: they may have to be stored first.
        client, logon, scopes = client or self.client, logon or self.logon(), self.scopes
        settings = self.of(client.client)
        started = self.domain.transactions.run(
            lambda store: self.refresh_tokens.start(
                store, client, logon, settings, scopes, grant_type, source
            )
        )
        assert started is not None
        return started

    def code(
        self,
        client: AuthenticatedClient | None = None,
        user: User | None = None,
        session_row_id: int | None = None,
        **more: str | None,
    ) -> str:
        """Make an authorization code in a transaction, by default with the usual redirect URI."""
        client, scopes = client or self.client, self.scopes
        logon = self.logon(user, session_row_id)
        options: dict[str, str | None] = {"redirect_uri": REDIRECT, **more}
        return self.domain.transactions.run(
            lambda store: AuthorizationCodes(self.domain.clock).create(
                store, client.client, logon, scopes, **options
            )
        )

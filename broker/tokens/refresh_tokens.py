"""Refresh tokens: the families that continue a grant until an absolute end (D-43, I-114)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from broker.credentials.opaque import Opaque
from broker.descriptor.model import GrantType
from broker.errors import GrantRefused
from broker.ids import new_row_id
from broker.tokens.grant import validity
from broker.tokens.user_tokens import Logon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authentication.client import AuthenticatedClient
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User

GRACE = timedelta(seconds=60)
"""How long a replaced refresh token gives its successor again (I-115)."""

MAX_FAMILIES = 1000
"""Families of a user at one client, so that no client fills the table; a new one ends the least
recently used one, first among those of exchanges."""


MAX_TOKENS = 100
"""Replaced tokens of a family that are kept; the reuse of an older one ends no family."""


@dataclass(frozen=True, slots=True)
class RefreshFamily:
    """A grant that refresh tokens continue until ``expires_at``, which is never extended.

    ``user`` is as currently stored, the other members are of the grant. ``session_row_id`` is the
    session in which the user logged on; ``source_row_id`` is the family or session of the token
    that was exchanged, with which this family ends (D-44).
    """

    row_id: int
    user: User
    client_row_id: int
    client_id: str
    grant_type: str
    scopes: tuple[str, ...]
    auth_time: datetime
    amr: tuple[str, ...]
    token_epoch: int
    credential_row_id: int
    created_at: datetime
    expires_at: datetime
    session_row_id: int | None = None
    source_row_id: int | None = None

    @property
    def logon(self) -> Logon:
        """The user's authentication, which a refresh does not repeat."""
        return Logon(self.user, self.auth_time, self.amr, self.session_row_id)

    def is_live(self, now: datetime, settings: ClientSettings) -> bool:
        """Return whether the family has neither expired nor ended with the user's epoch (I-09).

        A maximum that the zone has set since ends it earlier (D-43).
        """
        longest = settings.max_refresh_token_validity
        ends = self.expires_at
        if longest is not None:
            ends = min(ends, self.created_at + timedelta(seconds=longest))
        return now < ends and self.token_epoch == self.user.token_epoch


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A stored refresh token; with rotation a family has several."""

    row_id: int
    family: RefreshFamily
    digest_key_id: int
    replaced_at: datetime | None = None

    def is_reused(self, now: datetime) -> bool:
        """Return whether the token was replaced longer than ``GRACE`` ago."""
        return self.replaced_at is not None and self.replaced_at + GRACE < now


class Source(NamedTuple):
    """What an exchanged token depends on: a refresh family, or a session."""

    session_row_id: int | None
    expires_at: datetime


class Started(NamedTuple):
    """The first refresh token of a new family."""

    refresh_token: str
    family_row_id: int


class RefreshTokenRepository(Protocol):
    """Refresh tokens and their families, within a transaction."""

    def find(self, value: Opaque) -> RefreshToken | None:
        """Return the token, None if it is unknown, ended, or was stored for another owner."""

    def is_current(self, authenticated: AuthenticatedClient) -> bool:
        """Return whether the credential exists in the generation that was authenticated.

        It is locked until the commit: a concurrent revocation ends what this transaction starts.
        """

    def source(self, row_id: int) -> Source | None:
        """Return the family or session with this row id, None if it has ended."""

    def add(self, family: RefreshFamily, value: Opaque) -> None:
        """Insert a family with its first token."""

    def use(self, token: RefreshToken, now: datetime) -> bool:
        """Record the use; return False if the family has ended meanwhile."""

    def replace(self, token: RefreshToken, value: Opaque, now: datetime) -> Opaque | None:
        """Return the successor of ``token``, of which ``value`` is the text.

        It is the same one for each call. Return None if the family has ended meanwhile.
        """

    def is_newest(self, family: RefreshFamily) -> bool:
        """Return whether the user has no newer family at the client."""

    def end(self, family_row_id: int) -> bool:
        """Delete the family and all that derive from it; return whether it existed."""

    def end_of(self, user_row_id: int, client_row_id: int) -> int:
        """Delete the user's families at the client, and what derives; return how many."""

    def keep_newest(self, user_row_id: int, client_row_id: int, count: int) -> None:
        """End the user's families at the client except the ``count`` last used ones.

        Families that derive from exchanges end before all others.
        """


class WithRefreshTokens(Protocol):
    """A transaction that writes refresh tokens."""

    @property
    def refresh_tokens(self) -> RefreshTokenRepository:
        """The repository of refresh tokens."""


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Starts and revokes families within the caller's transaction; validities are seconds.

    ``exchange_age``: how long after the user's logon an exchanged token may be continued (I-121).
    """

    clock: Clock
    default_validity: int
    exchange_age: int

    def start(  # noqa: PLR0913, PLR0917 - what a family remembers
        self,
        store: WithRefreshTokens,
        authenticated: AuthenticatedClient,
        logon: Logon,
        settings: ClientSettings,
        scopes: Sequence[str],
        grant_type: str,
        source: int | None = None,
        *,
        row_id: int | None = None,
    ) -> Started | None:
        """Store a new family and return its refresh token.

        ``source`` is the row id of the family or session of an exchanged token; ``row_id`` is that
        of the new family, if it has one already. Return None if the client may not use refresh
        tokens, or if the source has ended. Raises GrantRefused if the credential or all tokens of
        the client were revoked since the authentication (D-59).
        """
        client, user = authenticated.client, logon.user
        row_id = row_id or self.new_family(client)
        if row_id is None:
            return None
        if not store.refresh_tokens.is_current(authenticated):
            raise GrantRefused(
                "invalid_client", "The client's credential has been revoked", is_unauthorized=True
            )
        now = self.clock.now()
        # An exchange at the same client must not end its own source; older ones are refused at use.
        is_alone = settings.has_one_refresh_token and source is None
        kept = 1 if is_alone else MAX_FAMILIES
        store.refresh_tokens.keep_newest(user.row_id, client.row_id, kept - 1)
        expires_at = now + timedelta(seconds=self._validity(settings))
        session_row_id = logon.session_row_id
        if grant_type == GrantType.JWT_BEARER:
            expires_at = min(expires_at, logon.auth_time + timedelta(seconds=self.exchange_age))
        if source is not None:
            found = store.refresh_tokens.source(source)
            if found is None:
                return None
            expires_at = min(expires_at, found.expires_at)
            session_row_id = found.session_row_id
        if expires_at <= now:
            return None
        family = RefreshFamily(
            row_id=row_id,
            user=user,
            client_row_id=client.row_id,
            client_id=client.client_id,
            grant_type=grant_type,
            scopes=tuple(scopes),
            auth_time=logon.auth_time,
            amr=logon.amr,
            token_epoch=user.token_epoch,
            credential_row_id=authenticated.credential_id,
            created_at=now,
            expires_at=expires_at,
            session_row_id=session_row_id,
            source_row_id=source,
        )
        value = Opaque.new()
        store.refresh_tokens.add(family, value)
        return Started(str(value), family.row_id)

    @staticmethod
    def new_family(client: Client) -> int | None:
        """Return a row id for a family of the client, None if it may not use refresh tokens."""
        return new_row_id() if GrantType.REFRESH_TOKEN in client.grant_types else None

    @staticmethod
    def revoke(store: WithRefreshTokens, client: Client, text: str) -> bool:
        """End the family of a refresh token of this client (RFC 7009).

        Return False if ``text`` is none, also if it is another client's.
        """
        value = Opaque.parse(text)
        token = store.refresh_tokens.find(value) if value else None
        if token is None or token.family.client_row_id != client.row_id:
            return False
        return store.refresh_tokens.end(token.family.row_id)

    def _validity(self, settings: ClientSettings) -> int:
        return validity(
            settings.refresh_token_validity,
            settings.max_refresh_token_validity,
            self.default_validity,
        )

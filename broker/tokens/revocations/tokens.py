"""Revocation of one token (RFC 7009) or of all tokens of a client (O-103)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor, ActorKind, client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.errors import TooManyChanges
from broker.runtime.rate_window import RateWindow
from broker.tokens.ports import WithRevokedTokens
from broker.tokens.refresh_tokens import RefreshTokens, WithRefreshTokens
from broker.transactions import TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.transactions import Transactions

MAX_REVOKED = 1000
"""Revoked tokens stored per client, so that no client fills the table."""

MAX_CHANGES = 30
"""Revocations per client and minute in this process, so that no client fills the audit trail."""


class RevocationStore(WithRevokedTokens, WithRefreshTokens, WithAudit, TellsTime, Protocol):
    """The store of a revocation."""


@dataclass(frozen=True, slots=True)
class TokenRevocation:
    """Revokes tokens of the requesting client, or the token of the requesting user.

    Each revocation is audited, as a restore replays them; beyond ``MAX_CHANGES`` a minute it is
    refused (D-63). The revocation of all tokens has a limit of its own: however often one token is
    revoked, it remains possible.
    """

    transactions: Transactions[RevocationStore]
    limit: int = MAX_REVOKED
    changes: RateWindow = field(default_factory=lambda: RateWindow(MAX_CHANGES))

    def revoke(
        self, client: Client, token_id: str, expires_at: datetime, user: User | None = None
    ) -> bool:
        """Revoke the token until ``expires_at``; return False if ``limit`` is reached.

        ``user``: who revokes the own token, None for the client. Users have half of the limit, so
        that the client can always revoke tokens itself. Raises TooManyChanges.
        """
        self._count(client, "one token" if user is None else user.user_id)
        actor, limit = client_actor(client.client_id), self.limit
        if user is not None:
            actor, limit = Actor(ActorKind.USER, user.user_id), self.limit // 2

        def work(store: RevocationStore) -> bool:
            now = store.time()
            done = store.issued_tokens.revoke(
                client, token_id, expires_at=expires_at, now=now, limit=limit
            )
            if done:
                store.audit.append(_revocation(client, now, actor, token_id=token_id))
            return done

        return self.transactions.run(work)

    def revoke_refresh_token(self, client: Client, text: str) -> None:
        """End the grant that the client's refresh token continues, if it is one.

        Raises TooManyChanges.
        """
        self._count(client, "one refresh token")

        def work(store: RevocationStore) -> None:
            if RefreshTokens.revoke(store, client, text):
                actor = client_actor(client.client_id)
                store.audit.append(_revocation(client, store.time(), actor, refresh_tokens=1))

        self.transactions.run(work)

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens issued to the client so far; raise TooManyChanges."""
        self._count(client, "all tokens")

        def work(store: RevocationStore) -> None:
            store.issued_tokens.revoke_all(client)
            actor = client_actor(client.client_id)
            store.audit.append(_revocation(client, store.time(), actor, all_tokens=True))

        self.transactions.run(work)

    def _count(self, client: Client, what: str) -> None:
        if seconds := self.changes.count((client.row_id, what)):
            raise TooManyChanges(math.ceil(seconds))


def _revocation(client: Client, now: datetime, actor: Actor, **what: object) -> AuditEvent:
    return AuditEvent(
        Action.REVOKE_TOKENS,
        actor,
        Subject(SubjectKind.CLIENT, client.client_id),
        now,
        what,
        zone_guid=client.zone.guid,
        instance_id=client.service_instance_guid,
    )

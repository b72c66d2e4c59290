"""Revocation of tokens that were issued: one, or all of a client (RFC 7009, O-103)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.tokens.ports import WithRevokedTokens
from broker.transactions import TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.transactions import Transactions

MAX_REVOKED = 1000
"""Tokens of one client that are remembered as revoked; so no client fills the table."""


class RevocationStore(WithRevokedTokens, WithAudit, TellsTime, Protocol):
    """What a revocation touches."""


@dataclass(frozen=True, slots=True)
class TokenRevocation:
    """Revokes tokens of the client that asks."""

    transactions: Transactions[RevocationStore]
    limit: int = MAX_REVOKED

    def revoke(self, client: Client, token_id: str, expires_at: datetime) -> bool:
        """Remember until ``expires_at`` that the token is revoked; False if ``limit`` are."""

        def work(store: RevocationStore) -> bool:
            now = store.time()
            done = store.issued_tokens.revoke(
                client, token_id, expires_at=expires_at, now=now, limit=self.limit
            )
            if done:
                store.audit.append(_revocation(client, now, token_id=token_id))
            return done

        return self.transactions.run(work)

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens that the client has got so far."""

        def work(store: RevocationStore) -> None:
            store.issued_tokens.revoke_all(client)
            store.audit.append(_revocation(client, store.time(), all_tokens=True))

        self.transactions.run(work)


def _revocation(client: Client, now: datetime, **what: object) -> AuditEvent:
    return AuditEvent(
        Action.REVOKE_TOKENS,
        client_actor(client.client_id),
        Subject(SubjectKind.CLIENT, client.client_id),
        now,
        what,
        zone_guid=client.zone.guid,
        instance_id=client.service_instance_guid,
    )

"""Revocation of one token (RFC 7009) or of all tokens of a client (O-103)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.errors import TooManyChanges
from broker.runtime.rate_window import RateWindow
from broker.tokens.ports import WithRevokedTokens
from broker.transactions import TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.transactions import Transactions

MAX_REVOKED = 1000
"""Revoked tokens stored per client, so that no client fills the table."""

MAX_CHANGES = 30
"""Revocations per client and minute in this process, so that no client fills the audit trail."""


class RevocationStore(WithRevokedTokens, WithAudit, TellsTime, Protocol):
    """The store of a revocation."""


@dataclass(frozen=True, slots=True)
class TokenRevocation:
    """Revokes tokens of the requesting client.

    Each revocation is audited, as a restore replays them; beyond ``MAX_CHANGES`` a minute it is
    refused (D-63). The revocation of all tokens has a limit of its own: however often one token is
    revoked, it remains possible.
    """

    transactions: Transactions[RevocationStore]
    limit: int = MAX_REVOKED
    changes: RateWindow = field(default_factory=lambda: RateWindow(MAX_CHANGES))

    def revoke(self, client: Client, token_id: str, expires_at: datetime) -> bool:
        """Revoke the token until ``expires_at``; return False if ``limit`` is reached.

        Raises TooManyChanges.
        """
        self._count(client, "one token")

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
        """Revoke all tokens issued to the client so far; raise TooManyChanges."""
        self._count(client, "all tokens")

        def work(store: RevocationStore) -> None:
            store.issued_tokens.revoke_all(client)
            store.audit.append(_revocation(client, store.time(), all_tokens=True))

        self.transactions.run(work)

    def _count(self, client: Client, what: str) -> None:
        if seconds := self.changes.count((client.row_id, what)):
            raise TooManyChanges(math.ceil(seconds))


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

"""Changes of the signing keys: under a lock, in one transaction, with their audit event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Caller
from broker.audit.event import Action, AuditEvent
from broker.audit.ports import WithAudit
from broker.tokens.ports import KEYS_LOCK, WithSigningKeys
from broker.transactions import Locks, TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.tokens.ports import KeyDecision, SigningKeyStore, StoredSigningKey
    from broker.transactions import Transactions


class KeyChangeStore(Locks, TellsTime, WithSigningKeys, WithAudit, Protocol):
    """What a change of signing keys touches."""


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """Reads and changes the signing keys; no two changes run at the same time."""

    transactions: Transactions[KeyChangeStore]
    stored: SigningKeyStore

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, in the order in which they sign."""
        return self.stored.load()

    def change(self, action: Action, decide: KeyDecision) -> list[StoredSigningKey]:
        """Make the keys what ``decide`` says, in one transaction, and return them."""

        def work(store: KeyChangeStore) -> list[StoredSigningKey]:
            store.lock(KEYS_LOCK)
            now, before = store.time(), store.signing_keys.all()
            after = decide(now, before)
            if touched := store.signing_keys.replace(before, after):
                by = Caller("", {"signing_keys": touched}, "")
                store.audit.append(AuditEvent(action, by, "", "", now))
            return after

        return self.transactions.run(work)

"""Changes of the signing keys: under a lock, in one transaction, with their audit event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.tokens.key_state import signing_order
from broker.tokens.ports import KEYS_LOCK, WithSigningKeys
from broker.transactions import Locks, TellsTime

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.audit.event import Action
    from broker.tokens.ports import KeyDecision, SigningKeyStore, StoredSigningKey
    from broker.transactions import Transactions


class KeyChangeStore(Locks, TellsTime, WithSigningKeys, WithAudit, Protocol):
    """The store of a change of signing keys."""


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """Reads and changes the signing keys; changes never run concurrently."""

    transactions: Transactions[KeyChangeStore]
    stored: SigningKeyStore

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, in the order in which they sign."""
        return self.stored.load()

    def change(
        self, action: Action, actor: Actor, decide: KeyDecision, kid: str = ""
    ) -> list[StoredSigningKey]:
        """Replace the keys by the result of ``decide``, in one transaction, and return them.

        The audit event names the key ``kid``, or by default the last key in signing order.
        """

        def work(store: KeyChangeStore) -> list[StoredSigningKey]:
            store.lock(KEYS_LOCK)
            now, before = store.time(), store.signing_keys.all()
            after = decide(now, before)
            if changed := store.signing_keys.replace(before, after):
                about = kid or max(after, key=signing_order).kid
                store.audit.append(
                    AuditEvent(
                        action,
                        actor,
                        Subject(SubjectKind.SIGNING_KEY, about),
                        now,
                        {"changed": changed},
                    )
                )
            return after

        return self.transactions.run(work)

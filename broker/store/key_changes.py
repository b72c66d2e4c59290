"""Changes of the signing keys: under a lock, in one transaction, with their audit event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.instances.audit import Action, AuditEvent
from broker.instances.model import Caller
from broker.store.bootstrap import KEYS_LOCK
from broker.store.signing_keys import StoredSigningKeys

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from broker.store.data_keys import DataKeys
    from broker.store.repositories import Repositories
    from broker.store.transactions import StoreTransactions
    from broker.tokens.ports import KeyDecision, StoredSigningKey


class StoredKeyChanges:
    """The signing keys of one database, to be changed."""

    def __init__(self, transactions: StoreTransactions, engine: Engine, keys: DataKeys) -> None:
        """Read on ``engine`` what ``keys`` open."""
        self._transactions = transactions
        self._stored = StoredSigningKeys(engine, keys)

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, in the order in which they sign."""
        return self._stored.load()

    def change(self, action: str, decide: KeyDecision) -> list[StoredSigningKey]:
        """Make the keys what ``decide`` says, in one transaction, and return them."""

        def work(repositories: Repositories) -> list[StoredSigningKey]:
            repositories.lock(KEYS_LOCK)
            signing_keys = repositories.signing_keys
            now, before = signing_keys.time(), signing_keys.all()
            after = decide(now, before)
            if touched := signing_keys.replace(before, after):
                by = Caller("", {"signing_keys": touched}, "")
                repositories.audit.append(AuditEvent(Action(action), by, "", "", now))
            return after

        return self._transactions.run(work)

"""Transactions of the repositories: begin, commit, retry."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from broker.errors import StoreUnavailable
from broker.store.database.deferred import execute_deferred
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import StoreFault, is_retryable, translated, translating
from broker.store.repositories import Repositories
from broker.store.sealing.transaction_keys import DataKeysChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from broker.store.sealing.data_keys import DataKeys

T = TypeVar("T")

_ATTEMPTS = 5
_MAX_PAUSE_SECONDS = 0.2


class StoreTransactions:
    """Runs work in transactions of one database."""

    def __init__(self, engine: Engine, keys: DataKeys) -> None:
        """``keys`` seal, open and digest the values of the repositories."""
        self._engine = engine
        self._reading = engine.execution_options(**READ_OPTIONS)
        self._keys = keys

    def run(self, work: Callable[[Repositories], T]) -> T:
        """Run ``work`` and commit.

        Retries it after a deadlock, a lost race for a unique value, and with outdated data keys.

        Raises Busy if a lock is not released in time, StoreUnavailable if the database fails, and
        the errors of ``work``; then nothing was written, unless revocations cannot be counted after
        the commit.
        """
        self._keys.refresh()
        attempts_left = _ATTEMPTS
        while True:
            attempts_left -= 1
            try:
                with self._engine.begin() as connection:
                    repositories = Repositories(connection, self._keys)
                    result = work(repositories)
                    if repositories.is_rehearsal:
                        execute_deferred(connection)
                        connection.rollback()
                        return result
                    repositories.keys.require_unchanged(connection)
            except DataKeysChanged:
                if not attempts_left:
                    raise StoreUnavailable("The data keys are being replaced.") from None
                self._keys.load()
            except StoreFault as error:
                if not (attempts_left and is_retryable(error)):
                    raise translated(error) from error
                time.sleep(random.uniform(0, _MAX_PAUSE_SECONDS))  # noqa: S311 - jitter
            else:
                repositories.audit.log_committed()
                repositories.revocations.committed()
                return result

    def read(self, work: Callable[[Repositories], T]) -> T:
        """Run ``work`` without transaction and locks; each statement reads committed data."""
        with translating(), self._reading.connect() as connection:
            return work(Repositories(connection, self._keys))

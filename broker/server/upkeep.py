"""Certificates that end, and history of use: purged in time, and announced in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent
from broker.store.credentials.usage_history import delete_history, write_daily_count
from broker.store.reports.listing import CredentialListing
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Engine

    from broker.clock import Clock
    from broker.composition.administration import Store
    from broker.store.repositories import Repositories

_MAX_WARNINGS = 100

_log = structlog.get_logger(__name__)


class Upkeep:
    """Purges private keys of expired certificates and warns of those that expire soon."""

    def __init__(self, store: Store, clock: Clock, warned_ahead: timedelta) -> None:
        """``warned_ahead``: how long before a certificate's end its warnings begin."""
        self._transactions = StoreTransactions(store.engine, store.keys)
        self._listing = CredentialListing(store.engine)
        self._clock = clock
        self._warned_ahead = warned_ahead

    def __call__(self) -> None:
        """Do everything once."""
        self._purge()
        self._warn()

    def _purge(self) -> None:
        now, purged = self._clock.now(), 0
        while found := self._transactions.run(lambda each: _purge_some(each, now)):
            purged += found
        if purged:
            _log.info("private keys of expired certificates purged", count=purged)

    def _warn(self) -> None:
        now = self._clock.now()
        expiring = self._listing.expiring(after=now, before=now + self._warned_ahead)
        for each in expiring[:_MAX_WARNINGS]:
            _log.warning(
                "certificate expires soon",
                client_id=each.client_id,
                instance_id=each.instance_id,
                binding_id=each.binding_id,
                expires_at=str(each.expires_at),
            )
        if len(expiring) > _MAX_WARNINGS:
            _log.warning("more certificates expire soon", count=len(expiring) - _MAX_WARNINGS)


class HistoryUpkeep:
    """Counts credentials on days without use as well, and deletes history that is too old."""

    def __init__(self, engine: Engine, clock: Clock, kept: timedelta) -> None:
        """``kept``: how long the history of use is kept."""
        self._engine = engine
        self._clock = clock
        self._kept = kept

    def __call__(self) -> None:
        """Do everything once."""
        today = self._clock.now().date()
        write_daily_count(self._engine, today)
        if deleted := delete_history(self._engine, today - self._kept):
            _log.info("old history of use deleted", count=deleted)


def _purge_some(repositories: Repositories, now: datetime) -> int:
    count = repositories.bindings.purge(now)
    if count:
        actor, details = system_actor("upkeep"), {"private_keys": count}
        repositories.audit.append(
            AuditEvent(Action.PURGE_PRIVATE_KEYS, actor, DATABASE, now, details)
        )
    return count

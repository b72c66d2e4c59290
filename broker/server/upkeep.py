"""Certificates that end: their private keys are purged, and somebody is told in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from broker.store.reports.listing import CredentialListing
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from datetime import timedelta

    from broker.clock import Clock
    from broker.composition.administration import Store

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
        while found := self._transactions.run(lambda found: found.bindings.purge(now)):
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

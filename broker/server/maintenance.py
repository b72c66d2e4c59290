"""Periodic maintenance: certificates, usage history, data of users, retention, completion."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent
from broker.errors import StoreUnavailable
from broker.identity.users.unused import DeleteUnusedUsers
from broker.pki.server_certificate import served_until
from broker.store.credentials.usage_history import delete_history, write_daily_count
from broker.store.logon.purge import purge_user_data
from broker.store.reports.audit_trail import prune_in_batches
from broker.store.reports.listing import CredentialListing
from broker.store.rollback.put_back import keep_counts
from broker.store.transactions import StoreTransactions
from broker.store.zones import instance_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Engine

    from broker.clock import Clock
    from broker.composition.administration import Store
    from broker.store.repositories import Repositories

_MAX_WARNINGS = 100

_log = structlog.get_logger(__name__)


class CertificateMaintenance:
    """Purges private keys of expired certificates; logs certificates that expire soon."""

    def __init__(self, store: Store, clock: Clock, warned_ahead: timedelta) -> None:
        """``warned_ahead``: how long before its expiry a certificate is logged."""
        self._transactions = StoreTransactions(store.engine, store.keys)
        self._listing = CredentialListing(store.engine)
        self._clock = clock
        self._warned_ahead = warned_ahead

    def __call__(self) -> None:
        """Purge, then warn."""
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


class ServerCertificateMaintenance:
    """Renews a generated certificate of the TLS listener; logs one that expires soon."""

    def __init__(
        self, clock: Clock, warned_ahead: timedelta, renew: Callable[[], object] | None
    ) -> None:
        """``warned_ahead``: how long before its expiry it is logged; ``renew`` if it is due."""
        self._clock = clock
        self._warned_ahead = warned_ahead
        self._renew = renew

    def __call__(self) -> None:
        """Renew, then warn; the supervisor serves the new file within a second."""
        if self._renew is not None:
            self._renew()
            return
        until = served_until()
        if until is not None and until <= self._clock.now() + self._warned_ahead:
            _log.warning("the server's TLS certificate expires soon", expires_at=str(until))


class PutBackWatch:
    """Finds a SQLite file that was put back from a copy while the server runs (D-62)."""

    def __init__(self, engine: Engine) -> None:
        """Compare nothing yet."""
        self._engine = engine
        self._failure = ""
        self.problem = ""
        """Why the server has to stop, '' while it may run."""

    def __call__(self) -> None:
        """Compare the counts of revocations, and keep the one in the state directory."""
        failure = ""
        try:
            self.problem = keep_counts(self._engine) or self.problem
        except StoreUnavailable as error:
            failure = str(error)
        if failure and failure != self._failure:
            _log.warning("revocations cannot be compared with their count", error=failure)
        self._failure = failure


class DailyCount:
    """Counts the credentials of each zone and type once a day in UTC."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """The first call counts."""
        self._engine = engine
        self._clock = clock
        self._counted: date | None = None

    def __call__(self) -> None:
        """Count, unless the current day has its numbers already."""
        today = self._clock.now().date()
        if today != self._counted and write_daily_count(self._engine, today):
            self._counted = today


class HistoryMaintenance:
    """Deletes usage history that is older than its retention."""

    def __init__(self, engine: Engine, clock: Clock, retention: timedelta) -> None:
        """``retention``: how long the usage history is kept."""
        self._engine = engine
        self._clock = clock
        self._retention = retention

    def __call__(self) -> None:
        """Delete the old history."""
        if deleted := delete_history(self._engine, self._clock.now().date() - self._retention):
            _log.info("old usage history deleted", count=deleted)


class UserDataMaintenance:
    """Deletes expired sessions, codes, refresh tokens, links and other data of users."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """``clock``: the one that dated the rows."""
        self._engine = engine
        self._clock = clock

    def __call__(self) -> None:
        """Delete the expired rows."""
        if deleted := purge_user_data(self._engine, self._clock.now()):
            _log.info("expired data of users deleted", **deleted)


class RetentionMaintenance:
    """Deletes audit events and unused users that are older than the operator keeps them."""

    def __init__(self, store: Store, clock: Clock, *, audit_days: int, user_days: int) -> None:
        """0 days keep them without limit."""
        self._store = store
        self._clock = clock
        self._audit_days = audit_days
        self._user_days = user_days

    def __call__(self) -> None:
        """Delete what is older than whole days in UTC, so that it is done once a day."""
        actor = system_actor("retention")
        if self._audit_days:
            before = self._days_ago(self._audit_days)
            if deleted := prune_in_batches(self._store.engine, before, actor):
                _log.info("old audit events deleted", count=deleted)
        if self._user_days:
            delete = DeleteUnusedUsers(StoreTransactions(self._store.engine, self._store.keys))
            if deleted := delete(actor, self._days_ago(self._user_days)):
                _log.info("unused users deleted", count=deleted)

    def _days_ago(self, days: int) -> datetime:
        today = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=days)


class InstanceCompletion:
    """Completes the instances that an older version changes during a rolling upgrade."""

    def __init__(self, engine: Engine, complete: Callable[[], object]) -> None:
        """``complete`` completes all incomplete instances."""
        self._engine = engine
        self._complete = complete
        self._completed: int | None = None

    def __call__(self) -> None:
        """Complete, if an instance was changed since the last time."""
        changes = instance_changes(self._engine)
        if changes != self._completed:
            self._complete()
            self._completed = changes


def _purge_some(repositories: Repositories, now: datetime) -> int:
    count = repositories.bindings.purge(now)
    if count:
        actor, details = system_actor("upkeep"), {"private_keys": count}
        repositories.audit.append(
            AuditEvent(Action.PURGE_PRIVATE_KEYS, actor, DATABASE, now, details)
        )
    return count

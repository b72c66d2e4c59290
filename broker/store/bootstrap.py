"""The keys of a new database, created once even if several hosts start concurrently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.audit.actor import system_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.store.audit import audited
from broker.store.database.deferred import execute_deferred
from broker.store.database.operation_lock import lock
from broker.store.sealing.sealed import Sealer
from broker.store.tokens.signing_keys import SigningKeyTable
from broker.tokens.ports import KEYS_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from broker.store.sealing.data_keys import DataKeys
    from broker.tokens.ports import StoredSigningKey


def create_missing_keys(
    engine: Engine, keys: DataKeys, make_first: Callable[[], StoredSigningKey], now: datetime
) -> None:
    """Create missing data keys, then a signing key with ``make_first`` if there is none.

    Raises ConfigurationError when the master keys do not open the existing data keys.
    """
    by = system_actor("start")
    with audited(engine) as (connection, trail):
        lock(connection, KEYS_LOCK)
        if created := keys.create_missing(connection, now):
            details = {"purposes": created}
            subject = Subject(SubjectKind.DATA_KEY)
            trail.append(AuditEvent(Action.CREATE_DATA_KEYS, by, subject, now, details))
    with audited(engine) as (connection, trail):
        lock(connection, KEYS_LOCK)
        execute_deferred(connection)  # the keys are loaded through another connection
        # Again under the lock: the binding of owners does not advance until the commit.
        keys.load()
        signing_keys = SigningKeyTable(connection, Sealer(keys))
        if (kid := signing_keys.add_first(make_first)) is not None:
            subject = Subject(SubjectKind.SIGNING_KEY, kid)
            trail.append(AuditEvent(Action.CREATE_SIGNING_KEY, by, subject, now))

"""Periodic tasks of a server, in background workers of the supervisor."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from broker.audit.actor import system_actor
from broker.clock import SystemClock
from broker.composition.administration import complete_instances, key_rotation, open_store
from broker.logs.structured import configure_logging
from broker.runtime.background import BackgroundWorker, PeriodicTask
from broker.server.maintenance import (
    CertificateMaintenance,
    DailyCount,
    HistoryMaintenance,
    InstanceCompletion,
    PutBackWatch,
    RetentionMaintenance,
    ServerCertificateMaintenance,
    UserDataMaintenance,
)
from broker.store.database.engine import DatabaseClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.settings.model import Settings

_HOUR_SECONDS = 3600.0
_USER_DATA_SECONDS = 600.0
_PUT_BACK_SECONDS = 2.0
_COMPLETION_SECONDS = 5.0
"""How long users of a client may be refused after an older version has changed the client."""

_log = structlog.get_logger(__name__)


def start_background_tasks(
    settings: Settings, renew_server_certificate: Callable[[], object] | None
) -> PutBackWatch:
    """Start the rotation of signing keys and the periodic maintenance.

    The tasks run on every host; the first host does the work. Returns the task that finds out
    whether the server has to stop.
    """
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings)
    rotation = key_rotation(settings, store.engine, store.keys)

    def rotate() -> None:
        if kid := rotation.rotate_if_due():
            _log.info("signing key published", kid=kid)

    clock = SystemClock()
    certificates = CertificateMaintenance(
        store, clock, timedelta(days=settings.expiry_warning_days)
    )
    served = ServerCertificateMaintenance(
        clock, timedelta(days=settings.expiry_warning_days), renew_server_certificate
    )
    history = HistoryMaintenance(store.engine, clock, timedelta(days=settings.history_days))
    user_data = UserDataMaintenance(store.engine, DatabaseClock(store.engine))
    retention = RetentionMaintenance(
        store,
        DatabaseClock(store.engine),
        audit_days=settings.audit_retention_days,
        user_days=settings.user_retention_days,
    )
    count = DailyCount(store.engine, clock)
    completion = InstanceCompletion(
        store.engine, lambda: complete_instances(settings, store, system_actor("completion"))
    )
    put_back = PutBackWatch(store.engine)
    # In a thread of its own: the other tasks may take minutes.
    BackgroundWorker(_task("count of revocations", put_back, _PUT_BACK_SECONDS)).start()
    BackgroundWorker(
        _task("key rotation", rotate, settings.key_reload_interval),
        _task("completion of instances", completion, _COMPLETION_SECONDS),
        _task("daily count", count, settings.usage_flush_interval),
        _task("certificate maintenance", certificates, _HOUR_SECONDS),
        _task("server certificate maintenance", served, _HOUR_SECONDS),
        _task("history maintenance", history, _HOUR_SECONDS),
        _task("retention", retention, _HOUR_SECONDS),
        _task("user data maintenance", user_data, _USER_DATA_SECONDS),
    ).start()
    return put_back


def _task(name: str, run: Callable[[], None], seconds: float) -> PeriodicTask:
    return PeriodicTask(name, partial(_completely, run), seconds, at_start=True)


def _completely(run: Callable[[], None]) -> bool:
    run()
    return False

"""What a server does by itself from time to time, in a thread of the supervisor."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from broker.clock import SystemClock
from broker.composition.administration import key_rotation, open_store
from broker.logs.structured import configure_logging
from broker.server.upkeep import HistoryUpkeep, Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from broker.settings.model import Settings

_HOUR_SECONDS = 3600.0

_log = structlog.get_logger(__name__)


def start_background_tasks(settings: Settings) -> None:
    """Begin to rotate signing keys when it is time, and the upkeep of every hour.

    Every host tries, the first one does it.
    """
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings)
    rotation = key_rotation(settings, store.engine, store.keys)

    def rotate() -> None:
        if kid := rotation.rotate_if_due():
            _log.info("signing key published", kid=kid)

    clock = SystemClock()
    certificates = Upkeep(store, clock, timedelta(days=settings.expiry_warning_days))
    history = HistoryUpkeep(store.engine, clock, timedelta(days=settings.history_days))
    run_for_ever([rotate], settings.key_reload_interval)
    run_for_ever([certificates, history], _HOUR_SECONDS)


def run_for_ever(tasks: Iterable[Callable[[], None]], pause: float) -> None:
    """Run the tasks in turn, with so many seconds between two rounds, until the process ends."""
    tasks = list(tasks)

    def run() -> None:
        while True:
            for task in tasks:
                try:
                    task()
                except Exception as error:  # noqa: BLE001 - whatever it is, life goes on
                    # The database may be away; the next round tries again.
                    _log.exception("housekeeping failed", error=type(error).__name__)
            time.sleep(pause)

    threading.Thread(target=run, name="housekeeping", daemon=True).start()

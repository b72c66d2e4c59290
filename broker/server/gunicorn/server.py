"""gunicorn, which starts, watches and replaces the workers of a listener.

It is configured in code only: GUNICORN_CMD_ARGS and configuration files are ignored.
"""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from broker.composition.app import create_app
from broker.runtime.draining import watch_lifeline
from broker.server.connection_balancing import ConnectionBalancer, Workers
from broker.server.listeners import DRAIN_SECONDS, SOCKETS_VARIABLE
from broker.server.scheduling import bind_to_share, disable_wakeup_preemption

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from flask import Flask

    from broker.settings.model import Settings


class GunicornServer(BaseApplication):  # type: ignore[misc]  # untyped library
    """Serves the application on the supervisor's sockets, one per worker."""

    tls_context: Callable[[], ssl.SSLContext] | None = None
    """Returns the context of a new connection; None for plain HTTP."""

    can_be_pinned = True
    """Whether workers are pinned to CPUs if the operator configured it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._workers = Workers(settings.workers)
        self._own = 0
        super().__init__()

    def load_config(self) -> None:
        """Set the options."""
        for name, value in self.options().items():
            self.cfg.set(name, value)

    def options(self) -> dict[str, Any]:
        """Return the gunicorn settings by name."""
        return {
            "bind": [f"fd://{each}" for each in os.environ[SOCKETS_VARIABLE].split()],
            "workers": self.settings.workers,
            "worker_class": "broker.server.gunicorn.worker.EventWorker",
            "graceful_timeout": DRAIN_SECONDS,
            "pre_fork": self._number,
            "loglevel": "warning",
            "control_socket_disable": True,
        }

    def load(self) -> Flask:
        """Return the WSGI application of one worker; gunicorn itself watches the parent."""
        watch_lifeline()
        disable_wakeup_preemption()
        if self.can_be_pinned and self.settings.cpu_affinity:
            bind_to_share(self._own, self.settings.workers)
        return create_app(
            self.settings, ConnectionBalancer(self._workers, self._own).should_close_connection
        )

    def _number(self, arbiter: Any, worker: Any) -> None:
        """Number the worker that is about to be forked with the lowest free number."""
        taken = {each.number for each in arbiter.WORKERS.values()}
        worker.number = next(number for number in count() if number not in taken)
        # SIGTTIN can start more workers than configured.
        self._own = worker.number % self.settings.workers

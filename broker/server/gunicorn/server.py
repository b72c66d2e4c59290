"""gunicorn configured in code only: GUNICORN_CMD_ARGS and configuration files are ignored."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from broker.composition.app import create_app
from broker.runtime.draining import watch_lifeline
from broker.server.connection_balancing import ConnectionBalancer, Workers
from broker.server.listeners import DRAIN_SECONDS, SOCKETS_VARIABLE
from broker.server.scheduling import disable_wakeup_preemption

if TYPE_CHECKING:
    from flask import Flask

    from broker.settings.model import Settings


class GunicornServer(BaseApplication):  # type: ignore[misc]  # untyped library
    """Serves the application over plain HTTP on the supervisor's socket."""

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
            "bind": f"fd://{os.environ[SOCKETS_VARIABLE]}",
            "workers": self.settings.workers,
            "worker_class": "broker.server.gunicorn.worker.HardenedWorker",
            "threads": self.settings.threads + self.settings.waiting_threads,
            "graceful_timeout": DRAIN_SECONDS,
            # A TLS handshake takes as much time as many requests.
            "keepalive": 15,
            # Clients cannot set a proxy's headers, and X_… is not read as X-… (D-33).
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "header_map": "drop",
            "pre_fork": self._number,
            "loglevel": "warning",
            # gunicorn's maximum; a longer request line is a 414.
            "limit_request_line": 8190,
            # Fits a Bearer token of 16 KB, the maximum, and an escaped certificate of that size.
            "limit_request_field_size": 48 * 1024,
            "control_socket_disable": True,
        }

    def load(self) -> Flask:
        """Return the WSGI application of one worker; gunicorn itself watches the parent."""
        watch_lifeline()
        disable_wakeup_preemption()
        return create_app(
            self.settings, ConnectionBalancer(self._workers, self._own).should_close_connection
        )

    def _number(self, arbiter: Any, worker: Any) -> None:
        """Number the worker that is about to be forked with the lowest free number."""
        taken = {each.number for each in arbiter.WORKERS.values()}
        worker.number = next(number for number in count() if number not in taken)
        # SIGTTIN can start more workers than configured.
        self._own = worker.number % self.settings.workers

"""gunicorn configured by code alone: GUNICORN_CMD_ARGS and files are not looked at."""

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
    """Serves the application on the supervisor's socket, by plain HTTP."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._workers = Workers(settings.workers)
        self._own = 0
        super().__init__()

    def load_config(self) -> None:
        """Set every option that matters here."""
        for name, value in self.options().items():
            self.cfg.set(name, value)

    def options(self) -> dict[str, Any]:
        """Return the options by gunicorn's names."""
        return {
            "bind": f"fd://{os.environ[SOCKETS_VARIABLE]}",
            "workers": self.settings.workers,
            "worker_class": "broker.server.gunicorn.worker.HardenedWorker",
            "threads": self.settings.threads + self.settings.waiting_threads,
            "graceful_timeout": DRAIN_SECONDS,
            # A handshake costs a client as much time as many requests.
            "keepalive": 15,
            # No header of a client may speak for a proxy, and X_… is not taken for X-… (D-33).
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "header_map": "drop",
            "pre_fork": self._number,
            "loglevel": "warning",
            # The longest there is; a longer address is a 414.
            "limit_request_line": 8190,
            # A Bearer token of 16 KB, the largest one there is, with room for its prefix, and a
            # certificate of that size, escaped.
            "limit_request_field_size": 48 * 1024,
            "control_socket_disable": True,
        }

    def load(self) -> Flask:
        """Return the WSGI application of one worker process; gunicorn watches parents itself."""
        watch_lifeline()
        disable_wakeup_preemption()
        return create_app(
            self.settings, ConnectionBalancer(self._workers, self._own).should_close_connection
        )

    def _number(self, arbiter: Any, worker: Any) -> None:
        """Give the worker that is about to be forked the first number that no other one has."""
        taken = {each.number for each in arbiter.WORKERS.values()}
        worker.number = next(number for number in count() if number not in taken)
        # A signal can ask gunicorn for more workers than it was told of.
        self._own = worker.number % self.settings.workers

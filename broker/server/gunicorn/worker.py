"""A gunicorn worker that serves its connections with the broker's event loop (0040)."""

from __future__ import annotations

import os
import resource
from typing import Any

from gunicorn.workers.base import Worker

from broker.composition.app import COUNT_EVENT
from broker.server.http.admission import connection_limit
from broker.server.http.event_loop import EventLoop
from broker.server.http.options import Options
from broker.server.http.service import Service
from broker.settings.threads import threads_of_worker


class EventWorker(Worker):  # type: ignore[misc]  # untyped library
    """One process that serves; gunicorn starts, watches and replaces it."""

    number: int
    """Of the worker, from 0; set before the fork."""

    def run(self) -> None:
        """Serve until SIGTERM, then complete the requests that have arrived."""
        listener: Any = self.app
        settings = listener.settings
        threads = threads_of_worker(settings.threads)
        service = Service(self.wsgi, threads)
        options = Options(
            settings.max_body_bytes,
            settings.request_timeout,
            connection_limit(resource.getrlimit(resource.RLIMIT_NOFILE)[0], threads),
            service.refuses_body,
            listener.tls_context,
        )
        # Without SO_REUSEPORT all workers share one socket.
        listening = self.sockets[self.number % len(self.sockets)].sock
        loop = EventLoop(
            listening,
            options,
            service.serve,
            service.flush,
            self.wsgi.extensions[COUNT_EVENT],
        )
        loop.run(self.PIPE[0], self._tick, self.cfg.graceful_timeout)

    def _tick(self) -> bool:
        self.notify()
        return bool(self.alive) and self.ppid == os.getppid()

"""The two listeners, each a process of its own below the supervisor (D-21).

``http``: granian, the faster one. ``tls``: gunicorn, which can hand a client's certificate to the
application. Run as ``python -m broker.listeners http|tls``; ``serve`` does.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server
from gunicorn.app.base import BaseApplication

from broker.app import create_app
from broker.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.settings import Settings

CERTIFICATE_VARIABLE = "XSUAA_LISTENER_CERTIFICATE"
KEY_VARIABLE = "XSUAA_LISTENER_KEY"

DRAIN_SECONDS = 7
"""How long a worker may take to finish its requests; below the supervisor's patience."""

_PARENT_CHECK_SECONDS = 0.5


def end_with_parent() -> None:
    """End this process when its parent ends, however that happens: no orphan keeps a port."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def application() -> Flask:
    """Return the WSGI application of one worker process."""
    end_with_parent()
    return create_app()


def listen_http(settings: Settings) -> None:
    """Serve plain HTTP until SIGTERM."""
    Server(
        "broker.listeners:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiting_threads,
        # Without it one killed worker ends the whole server.
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=DRAIN_SECONDS,
        log_level=LogLevels.error,
    ).serve()


class TlsListener(BaseApplication):  # type: ignore[misc]  # untyped library
    """gunicorn configured by code alone: GUNICORN_CMD_ARGS and files are not looked at."""

    def __init__(self, settings: Settings, certificate: Path, key: Path) -> None:
        """Serve with this server certificate and key."""
        self._settings = settings
        self._files = (certificate, key)
        super().__init__()

    def load_config(self) -> None:
        """Set every option that matters here."""
        certificate, key = self._files
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self._settings.tls_port}",
            "workers": self._settings.workers,
            "worker_class": "gthread",
            "threads": self._settings.threads + self._settings.waiting_threads,
            "graceful_timeout": DRAIN_SECONDS,
            "certfile": str(certificate),
            "keyfile": str(key),
            "ssl_context": _tls_context,
            # No header of a client may speak for a proxy (D-33).
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "header_map": "drop",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the WSGI application of one worker process."""
        return application()


def _tls_context(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def main(listener: str) -> None:
    """Run one listener in this process."""
    end_with_parent()
    settings = load_settings()
    if listener == "http":
        listen_http(settings)
    else:
        files = Path(os.environ[CERTIFICATE_VARIABLE]), Path(os.environ[KEY_VARIABLE])
        TlsListener(settings, *files).run()


if __name__ == "__main__":
    main(sys.argv[1])

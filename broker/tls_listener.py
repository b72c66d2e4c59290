"""HTTPS by gunicorn, which can hand a client's certificate to the application (D-21)."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from broker.app import create_app
from broker.draining import watch_lifeline
from broker.environment import load_settings
from broker.listeners import CERTIFICATE_VARIABLE, DRAIN_SECONDS, KEY_VARIABLE, SOCKET_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.settings import Settings


def listen() -> None:
    """Serve until SIGTERM."""
    files = Path(os.environ[CERTIFICATE_VARIABLE]), Path(os.environ[KEY_VARIABLE])
    TlsListener(load_settings(), *files).run()


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
        options: dict[str, Any] = {
            "bind": f"fd://{os.environ[SOCKET_VARIABLE]}",
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
            # A Bearer token of 16 KB, the largest one there is, with room for its prefix.
            "limit_request_field_size": 20 * 1024,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the WSGI application of one worker process; gunicorn watches parents itself."""
        watch_lifeline()
        return create_app()


def _tls_context(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

"""HTTPS on gunicorn, which passes the client certificate to the application (D-21)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broker.composition.app import TRUST
from broker.server.gunicorn.server import GunicornServer
from broker.server.gunicorn.tls_context import TlsContexts
from broker.server.listeners import CERTIFICATE_VARIABLE, KEY_VARIABLE
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from flask import Flask

    from broker.pki.trust import Trust


def listen() -> None:
    """Serve until SIGTERM."""
    TlsListener(load_settings()).run()


class TlsListener(GunicornServer):
    """Requests client certificates; also serves clients without one."""

    _contexts: TlsContexts

    def options(self) -> dict[str, Any]:
        """Return the gunicorn settings for TLS."""
        return {
            **super().options(),
            "certfile": os.environ[CERTIFICATE_VARIABLE],
            "keyfile": os.environ[KEY_VARIABLE],
            "ssl_context": lambda _config, _default: self._contexts.current(),
        }

    def load(self) -> Flask:
        """Return the application, and take the trusted CAs from it."""
        application = super().load()
        trust: Trust = application.extensions[TRUST]
        certificate, key = os.environ[CERTIFICATE_VARIABLE], os.environ[KEY_VARIABLE]
        self._contexts = TlsContexts(Path(certificate), Path(key), trust.handshake_pem)
        return application

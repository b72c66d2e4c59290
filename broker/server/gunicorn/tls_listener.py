"""HTTPS; the application gets the client certificate from the connection (D-21)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

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

    can_be_pinned = False

    def load(self) -> Flask:
        """Return the application, and take the trusted CAs from it."""
        application = super().load()
        trust: Trust = application.extensions[TRUST]
        certificate, key = os.environ[CERTIFICATE_VARIABLE], os.environ[KEY_VARIABLE]
        self.tls_context = TlsContexts(Path(certificate), Path(key), trust.handshake_pem).current
        return application

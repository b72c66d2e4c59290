"""Plain HTTP behind a proxy that forwards client certificates, on gunicorn (D-33).

granian treats ``X_Forwarded_Client_Cert`` like the header with dashes, so that a forged header
would override the proxy's.
"""

from __future__ import annotations

from broker.server.gunicorn.server import GunicornServer
from broker.settings.environment import load_settings


def listen() -> None:
    """Serve until SIGTERM."""
    GunicornServer(load_settings()).run()

"""Plain HTTP behind a proxy that forwards client certificates, by gunicorn (D-33).

granian takes ``X_Forwarded_Client_Cert`` for the header with dashes, and the forged one wins.
"""

from __future__ import annotations

from broker.server.gunicorn.server import GunicornServer
from broker.settings.environment import load_settings


def listen() -> None:
    """Serve until SIGTERM."""
    GunicornServer(load_settings()).run()

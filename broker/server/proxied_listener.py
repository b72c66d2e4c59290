"""Plain HTTP behind a proxy that forwards client certificates, by gunicorn (D-33).

granian takes ``X_Forwarded_Client_Cert`` for the header with dashes, and the forged one wins.
"""

from __future__ import annotations

from broker.environment import load_settings
from broker.server.gunicorn_server import GunicornServer


def listen() -> None:
    """Serve until SIGTERM."""
    GunicornServer(load_settings()).run()

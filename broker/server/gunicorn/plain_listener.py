"""Plain HTTP; a proxy in front of it may forward client certificates (D-33)."""

from __future__ import annotations

from broker.server.gunicorn.server import GunicornServer
from broker.settings.environment import load_settings


def listen() -> None:
    """Serve until SIGTERM."""
    GunicornServer(load_settings()).run()

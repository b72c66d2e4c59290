"""Plain HTTP by granian, the faster one of the two servers (D-21)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from broker.app import create_app
from broker.environment import load_settings
from broker.listeners import DRAIN_SECONDS
from broker.parentage import end_with_parent

if TYPE_CHECKING:
    from flask import Flask

_LISTENER_VARIABLE = "XSUAA_LISTENER_PID"


def listen() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    os.environ[_LISTENER_VARIABLE] = str(os.getpid())
    Server(
        f"{__name__}:application",
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


def application() -> Flask:
    """Return the WSGI application of one worker process."""
    end_with_parent(int(os.environ[_LISTENER_VARIABLE]))
    return create_app()

"""One listener in a process of its own, forked off by the supervisor."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from broker.server.parentage import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOCKETS_VARIABLE = "XSUAA_LISTENER_SOCKET_FDS"
CERTIFICATE_VARIABLE = "XSUAA_LISTENER_CERTIFICATE"
KEY_VARIABLE = "XSUAA_LISTENER_KEY"
METRICS_DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own name, read when it is imported."""

DRAIN_SECONDS = 5
"""How long a worker may take to finish its requests; below the supervisor's patience."""

_LISTENERS = {
    "http": "broker.server.granian.listener",
    "proxied": "broker.server.gunicorn.proxied_listener",
    "tls": "broker.server.gunicorn.tls_listener",
}

_NAME_FILE = Path("/proc/self/comm")


def run(
    server: str, supervisor: int, environment: Mapping[str, str], foreign: Iterable[int]
) -> None:
    """Run ``http``, ``proxied`` or ``tls`` until SIGTERM, in a process that was just forked.

    ``supervisor`` is the id of its process, ``foreign`` are its file descriptors that are nothing
    to this listener.
    """
    # A Ctrl-C in the terminal reaches the supervisor alone, which then stops in order.
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    for descriptor in foreign:
        os.close(descriptor)
    with suppress(OSError):
        # What ps and top show, where the system can be told.
        _NAME_FILE.write_text(f"broker-{server}")
    end_with_parent(supervisor)
    os.environ.update(environment)
    import_module(_LISTENERS[server]).listen()

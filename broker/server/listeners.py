"""The entry point of a listener's process, which the supervisor forks."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from broker.logs.log_files import watch_log_files
from broker.server.parent_watch import exit_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOCKETS_VARIABLE = "XSUAA_LISTENER_SOCKET_FDS"
CERTIFICATE_VARIABLE = "XSUAA_LISTENER_CERTIFICATE"
KEY_VARIABLE = "XSUAA_LISTENER_KEY"
METRICS_DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads this variable when it is imported."""

DRAIN_SECONDS = 5
"""How long a worker may take to finish its requests; less than the supervisor's grace period."""

_LISTENERS = {
    "http": "broker.server.gunicorn.plain_listener",
    "tls": "broker.server.gunicorn.tls_listener",
}

_NAME_FILE = Path("/proc/self/comm")


def run(
    server: str, supervisor: int, environment: Mapping[str, str], foreign: Iterable[int]
) -> None:
    """Run ``http`` or ``tls`` until SIGTERM, in a process that was just forked.

    ``supervisor`` is the supervisor's process id; ``foreign`` are inherited file descriptors that
    the listener closes.
    """
    # In a session of its own: Ctrl-C reaches only the supervisor, which stops the listeners.
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Also in workers, and whatever handlers a server installs: the supervisor reloads files.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    for descriptor in foreign:
        os.close(descriptor)
    with suppress(OSError):
        # The name in ps and top, where the system supports it.
        _NAME_FILE.write_text(f"broker-{server}")
    exit_with_parent(supervisor)
    watch_log_files()
    os.environ.update(environment)
    import_module(_LISTENERS[server]).listen()

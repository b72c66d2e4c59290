"""One listener in a process of its own: ``python -m broker.listeners http|proxied|tls``.

The heavy imports come after the watch for the parent has begun.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from broker.parentage import end_with_parent

SUPERVISOR_VARIABLE = "XSUAA_SUPERVISOR_PID"
SOCKET_VARIABLE = "XSUAA_LISTENER_SOCKET_FD"
CERTIFICATE_VARIABLE = "XSUAA_LISTENER_CERTIFICATE"
KEY_VARIABLE = "XSUAA_LISTENER_KEY"
METRICS_DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own name, read when it is imported."""

BACKLOG = 1024
DRAIN_SECONDS = 5
"""How long a worker may take to finish its requests; below the supervisor's patience."""


def main(listener: str) -> None:
    """Run a listener until SIGTERM; ``serve`` does it."""
    end_with_parent(int(os.environ[SUPERVISOR_VARIABLE]))
    import_module(f"broker.{listener}_listener").listen()


if __name__ == "__main__":
    main(sys.argv[1])

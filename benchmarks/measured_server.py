"""The product's server as it runs in production, on given cores."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psutil

from benchmarks.cores import pinned_to
from benchmarks.processor import IFMA_VARIABLE
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.cores import Cores

USER = "broker"
PASSWORD = secrets.token_urlsafe(24)


@contextmanager
def measured_server(
    directory: Path,
    cores: Cores,
    *,
    database_url: str,
    master_keys: str,
    workers: int = 1,
    **settings: str,
) -> Iterator[Server]:
    """Run a server with its log in a file below the directory; the TLS listener is off."""
    directory.mkdir(parents=True)
    production = {
        "XSUAA_MODE": "production",
        "XSUAA_HOST": "127.0.0.1",
        "XSUAA_TLS_PORT": "0",
        "XSUAA_BROKER_PASSWORD": PASSWORD,
        "XSUAA_MASTER_KEYS": master_keys,
        "XSUAA_FAILURE_LIMIT": "20",
    }
    if IFMA_VARIABLE in os.environ:
        production[IFMA_VARIABLE] = os.environ[IFMA_VARIABLE]
    server = Server(directory, database_url=database_url, workers=workers, **production | settings)
    with ExitStack() as stack:
        with pinned_to(cores):
            stack.enter_context(server)
        yield server


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time of the processes and all below them so far."""
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total

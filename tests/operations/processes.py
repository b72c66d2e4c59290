"""The processes of a server under test, found by its state directory."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import Server

PROC = Path("/proc")

needs_proc = pytest.mark.skipif(not (PROC / "self/stat").exists(), reason="there is no /proc")

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, order=True)
class Process:
    """One process; ``started`` distinguishes it from a later one with the same id."""

    pid: int
    parent: int
    started: int
    arguments: tuple[str, ...]
    name: str
    """The name of the process."""

    def kill(self) -> None:
        """Kill it without a chance to clean up."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Family:
    """The processes of a server by role."""

    supervisor: Process
    http: Process
    http_workers: frozenset[Process]
    tls: Process | None
    tls_workers: frozenset[Process]


def processes_of(server: Server) -> list[Process]:
    """Return every running process in this server's directory."""
    home = server.directory.resolve()
    found = []
    for folder in PROC.glob("[0-9]*"):
        # It may end in the meantime; a zombie has no directory.
        with suppress(OSError):
            if (folder / "cwd").readlink() == home:
                found.append(_read(folder))
    return sorted(found)


def family_of(server: Server) -> Family:
    """Return the processes of a server that is up."""
    processes = processes_of(server)
    supervisor = next(process for process in processes if process.pid == server.pid)
    children = [process for process in processes if process.parent == supervisor.pid]
    mains = {process.name: process for process in children}
    http, tls = mains["broker-http"], mains.get("broker-tls")
    return Family(
        supervisor,
        http,
        frozenset(process for process in processes if process.parent == http.pid),
        tls,
        frozenset(process for process in processes if tls and process.parent == tls.pid),
    )


@contextmanager
def starting(server: Server) -> Iterator[subprocess.Popen[str]]:
    """Run ``serve`` without waiting until it is up; leave no process behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "serve"],
        cwd=server.directory,
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
            for orphan in processes_of(server):
                orphan.kill()


def is_port_free(port: int) -> bool:
    """Return whether connections to this port of 127.0.0.1 are refused.

    Unlike an attempt to bind it, this is not misled by a client that uses the same local port.
    """
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def nothing_is_left_of(server: Server) -> bool:
    """Return whether all processes of the server have ended and both ports are free."""
    ports = (server.port, server.tls_port)
    return not processes_of(server) and all(map(is_port_free, ports))


def await_that(
    condition: Callable[[], object], what: str, patience: float = _PATIENCE_SECONDS
) -> None:
    """Poll until the condition holds; fail with ``what`` if it never does."""
    give_up = time.monotonic() + patience
    while not condition():
        if time.monotonic() > give_up:
            pytest.fail(f"{what}: not within {patience:.0f} seconds")
        time.sleep(0.05)


def _read(folder: Path) -> Process:
    # The name in parentheses may itself contain spaces and parentheses.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    arguments = (folder / "cmdline").read_text().rstrip("\0").split("\0")
    name = (folder / "comm").read_text().strip()
    return Process(int(folder.name), int(fields[1]), int(fields[19]), tuple(arguments), name)

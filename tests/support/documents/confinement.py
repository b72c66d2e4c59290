"""Where commands of pages run: a network of their own, and one folder that they can write.

All ports of the network are free, so that the ports on the page are used beside other servers of
this machine. It consists of a loopback interface.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUIRED = "TESTS_REQUIRE_NAMESPACES"
"""Environment variable with which tests fail instead of being skipped without confinement."""

_HOLDER = """
import fcntl, socket, struct, subprocess, sys

# SIOCGIFFLAGS, and SIOCSIFFLAGS with IFF_UP.
with socket.socket() as any_socket:
    asked = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh14x", b"lo", 0))
    flags = struct.unpack("16sh14x", asked)[1] | 1
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags))
folder = sys.argv[1]
subprocess.run(["mount", "--bind", folder, folder], check=True)
subprocess.run(["mount", "-o", "remount,bind,ro", "/"], check=True)
print("confined", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Confinement:
    """The namespaces of a process that runs as long as they are used."""

    holder: int

    @property
    def commands(self) -> list[str]:
        """What precedes a command that is confined; it starts in the root directory."""
        return [*self._network, "--mount", "--"]

    @property
    def visits(self) -> list[str]:
        """What precedes a command in the same network that can write everywhere."""
        return [*self._network, "--"]

    @property
    def _network(self) -> tuple[str, ...]:
        target = ("--target", str(self.holder))
        return ("nsenter", *target, "--user", "--preserve-credentials", "--net")


@contextmanager
def confined_to(folder: Path) -> Iterator[Confinement]:
    """Yield a new confinement to what is below the folder.

    Skips the test without Linux and the right to make namespaces.
    """
    unshare = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    try:
        holder = subprocess.Popen(
            [*unshare, sys.executable, "-c", _HOLDER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        _give_up("there is no program unshare")
        return
    with holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != "confined\n":
            _give_up(f"commands cannot be confined: {holder.stderr.read().strip()}")
        try:
            yield Confinement(holder.pid)
        finally:
            holder.stdin.close()


def _give_up(reason: str) -> None:
    if os.environ.get(REQUIRED):
        raise RuntimeError(reason)
    pytest.skip(reason)

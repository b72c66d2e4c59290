"""Draining of a listening socket, even if the kernel denies socket filters."""

from __future__ import annotations

import socket
import sys
import threading
import time
from typing import Any

import pytest

from broker.runtime.draining import refuse_new_connections

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="does nothing elsewhere")

_SO_ATTACH_FILTER = 26
_BUSY_SECONDS = 0.2


class WithoutFilters(socket.socket):
    """A socket for which the kernel denies socket filters to unprivileged users."""

    def setsockopt(self, level: int, option: int, value: Any) -> None:  # type: ignore[override]
        """Refuse one option."""
        if (level, option) == (socket.SOL_SOCKET, _SO_ATTACH_FILTER):
            raise PermissionError(1, "Operation not permitted")
        super().setsockopt(level, option, value)


def test_queued_connections_are_served_without_filters() -> None:
    with WithoutFilters() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        with socket.create_connection(listening.getsockname()) as client:
            client.sendall(b"sent before the end")
            worker = threading.Thread(target=_serve_later, args=(listening,))
            worker.start()
            started = time.monotonic()
            refuse_new_connections([listening])
            waited = time.monotonic() - started
            worker.join()
            assert client.recv(100) == b"sent before the end"
    assert waited >= _BUSY_SECONDS / 2


def _serve_later(listening: socket.socket) -> None:
    time.sleep(_BUSY_SECONDS)
    connection, _ = listening.accept()
    with connection:
        connection.sendall(connection.recv(100))

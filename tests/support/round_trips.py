"""Round trips between the server and its database, counted by a proxy between both."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 65_536


class RoundTrips:
    """Forwards connections to a database and counts how often a client waits for its reply.

    Messages that are sent before the reply of the previous one arrives belong to the same trip,
    as those of a pipeline do.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port of the loopback interface; forward to this host and port."""
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return int(self._listener.getsockname()[1])

    @property
    def count(self) -> int:
        """Round trips so far, of all connections."""
        with self._lock:
            return self._count

    def close(self) -> None:
        """Accept no further connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as database, suppress(OSError):
            for each in (client, database):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            has_replied = True
            while True:
                for source in select.select([client, database], [], [])[0]:
                    data = source.recv(_CHUNK)
                    if not data:
                        return
                    if source is database:
                        has_replied = True
                        client.sendall(data)
                        continue
                    if has_replied:
                        has_replied = False
                        with self._lock:
                            self._count += 1
                    database.sendall(data)


@contextmanager
def counted(url: str) -> Iterator[tuple[RoundTrips, str]]:
    """Yield a counter and the URL of the same PostgreSQL database through it."""
    parts = urlsplit(url)
    trips = RoundTrips(str(parts.hostname), int(parts.port or 0))
    address = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{trips.port}"
    try:
        yield trips, urlunsplit(parts._replace(netloc=address))
    finally:
        trips.close()

"""The memory that requests take until they are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.server.http.admission import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broker.server.http.connection import Connection

MAX_BYTES = 32 * 1024 * 1024
"""Of all requests of a worker that are not complete or not served."""

SMALL_BYTES = 4096
"""Of a complete request; those of all connections fit into memory."""


class HeldBytes:
    """Counts the bytes of the connections of an event loop."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        """``limit``: how many bytes all connections may hold together."""
        self._limit = limit
        self.total = 0

    def set(self, connection: Connection, size: int) -> None:
        """Count what a connection holds now."""
        self.total += size - connection.held
        connection.held = size

    def admits(self, connection: Connection, connections: Iterable[Connection]) -> bool:
        """Count the complete requests of a connection; return whether they fit.

        Threads serve them, so that what was served is determined only when it matters.
        """
        parser = connection.parser
        size = parser.buffered + sum(len(each.body) for each in parser.requests)
        self.set(connection, 0)
        if size <= SMALL_BYTES:
            return True
        if self.total + size > self._limit:
            self._settle(connections)
            if self.total + size > self._limit:
                return False
        self.set(connection, size)
        return True

    def excess(self, connections: Iterable[Connection]) -> Connection | None:
        """Return the connection to refuse: the one that holds most, if it is too much."""
        if self.total <= self._limit:
            return None
        self._settle(connections)
        if self.total <= self._limit:
            return None
        receiving = [each for each in connections if each.held and each.phase is Phase.RECEIVING]
        return max(receiving, key=lambda each: each.held, default=None)

    def _settle(self, connections: Iterable[Connection]) -> None:
        """Count nothing for connections whose requests were served meanwhile."""
        for each in connections:
            if each.held and each.phase in (Phase.IDLE, Phase.CLOSING):
                self.set(each, 0)

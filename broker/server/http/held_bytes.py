"""The memory that requests take before they are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.server.http.admission import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broker.server.http.connection import Connection

MAX_BYTES = 32 * 1024 * 1024
"""Of all requests of a worker that are not complete."""


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

    def excess(self, connections: Iterable[Connection]) -> Connection | None:
        """Return the connection to refuse: the one that holds most, if it is too much."""
        if self.total <= self._limit:
            return None
        receiving = [each for each in connections if each.held and each.phase is Phase.RECEIVING]
        return max(receiving, key=lambda each: each.held, default=None)

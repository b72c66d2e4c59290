"""Which connections a worker keeps when it has almost as many as it can have (D-51).

The peer that holds most loses first; a connection whose request is being served is never ended.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from heapq import nsmallest
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

PRESSURE = 0.8
"""The share of the limit above which connections are no longer kept open."""

IDLE_SECONDS = 10.0
"""How long a connection may be idle under pressure."""

NEW_SECONDS = 1.0
"""How long a client may take for a TLS handshake or to read a response under pressure."""

_MAX_CONNECTIONS = 8_192
_OTHER_FILES = 64
"""Files of a worker beside connections and databases: log, libraries, lifeline, pipes."""

_FILES_OF_A_THREAD = 3
"""Of a database connection: SQLite's file and its log, or a socket."""


class Phase(IntEnum):
    """What a connection is doing."""

    HANDSHAKE = 0
    IDLE = 1
    RECEIVING = 2
    SERVING = 3
    SENDING = 4
    CLOSING = 5


@dataclass(slots=True)
class Occupant:
    """What the limits need to know of a connection; ``since`` is when its phase began."""

    peer: str
    phase: Phase
    since: float


AnyOccupant = TypeVar("AnyOccupant", bound=Occupant)

_ENDABLE = frozenset({Phase.HANDSHAKE, Phase.IDLE, Phase.RECEIVING, Phase.CLOSING})
"""Besides responses that their clients have not read within a second."""


def connection_limit(files: int, threads: int) -> int:
    """Return how many connections fit into a worker's limit of open files, at least 16."""
    others = _OTHER_FILES + _FILES_OF_A_THREAD * threads
    return max(16, min(files - others, _MAX_CONNECTIONS))


class Admission:
    """Counts the connections of a worker and chooses those to end."""

    def __init__(self, limit: int) -> None:
        """``limit``: how many connections may be open."""
        self.limit = limit
        self._peers = Counter[str]()
        self._open = 0

    @property
    def is_full(self) -> bool:
        """Whether a new connection needs the place of another."""
        return self._open >= self.limit

    @property
    def is_under_pressure(self) -> bool:
        """Whether responses close their connections."""
        return self._open > self.limit * PRESSURE

    def opened(self, peer: str) -> None:
        """Count a new connection."""
        self._open += 1
        self._peers[peer] += 1

    def closed(self, peer: str) -> None:
        """Count a closed connection."""
        self._open -= 1
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]

    def victims(self, occupants: Iterable[AnyOccupant], now: float) -> list[AnyOccupant]:
        """Return the connections that new ones replace; none if all are being served.

        A client that never reads its responses keeps its place for no more than a second.
        Connections that only wait for their client to close go first, then TLS handshakes that
        are not complete, except new ones, then the oldest ones of the peer with most.
        Several are chosen, because choosing takes time with many connections.
        """

        def rank(occupant: Occupant) -> tuple[int, int, float]:
            is_slow = occupant.phase is Phase.HANDSHAKE and now - occupant.since > NEW_SECONDS
            group = 0 if occupant.phase is Phase.CLOSING else 1 if is_slow else 2
            return group, *self._rank(occupant)

        candidates = [
            each
            for each in occupants
            if each.phase in _ENDABLE
            or (each.phase is Phase.SENDING and now - each.since > NEW_SECONDS)
        ]
        return nsmallest(max(1, self.limit // 64), candidates, key=rank)

    def overdue(self, occupants: Iterable[AnyOccupant], now: float) -> list[AnyOccupant]:
        """Return idle connections to end, as many as are above the share that may be kept."""
        excess = self._open - int(self.limit * PRESSURE)
        if excess <= 0:
            return []
        idle = [
            each
            for each in occupants
            if each.phase is Phase.IDLE and now - each.since >= IDLE_SECONDS
        ]
        return sorted(idle, key=self._rank)[:excess]

    def _rank(self, occupant: Occupant) -> tuple[int, float]:
        return -self._peers[occupant.peer], occupant.since

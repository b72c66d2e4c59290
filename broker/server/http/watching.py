"""Which connections the event loop watches, and for what."""

from __future__ import annotations

import selectors
from contextlib import suppress
from typing import TYPE_CHECKING

from broker.server.http.admission import Phase

if TYPE_CHECKING:
    from broker.server.http.connection import Connection

_RACES = (OSError, ValueError, KeyError)
"""Of a second registration, and of a descriptor that is closed."""


class Watch:
    """The selector of an event loop; other threads return connections to it."""

    def __init__(self) -> None:
        """Nothing is watched yet."""
        self._selector = selectors.DefaultSelector()

    def select(self, seconds: float) -> list[int]:
        """Wait for events; return the descriptors that have one."""
        return [key.fd for key, _ in self._selector.select(seconds)]

    def add(self, descriptor: int) -> None:
        """Watch a descriptor that is no connection, for data to read."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def remove(self, descriptor: int) -> None:
        """Stop watching such a descriptor."""
        self._selector.unregister(descriptor)

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor, if it is watched."""
        with suppress(*_RACES):
            self._selector.unregister(descriptor)

    def resume(self, connection: Connection) -> None:
        """Watch for what the connection's phase waits for, unless it is watched.

        The serving thread and the event loop may do so at once; the second one fails.
        """
        if not connection.is_watched:
            connection.is_watched = True
            is_sending = connection.phase is Phase.SENDING
            with suppress(*_RACES):
                self._selector.register(
                    connection.fd,
                    selectors.EVENT_WRITE if is_sending else selectors.EVENT_READ,
                )

    def pause(self, connection: Connection) -> None:
        """Stop watching a connection."""
        with suppress(*_RACES):
            self._selector.unregister(connection.fd)
        # Afterwards: another thread must not register before this one has unregistered.
        connection.is_watched = False

    def pause_while_serving(self, connection: Connection) -> None:
        """Stop watching: the client has sent more, or closed, before it got the response."""
        self.pause(connection)
        if connection.phase is not Phase.SERVING:
            # Its response was sent meanwhile, and that thread found it still watched.
            self.resume(connection)

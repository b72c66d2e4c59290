"""One connection of a client."""

from __future__ import annotations

import math
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.server.http.admission import Occupant, Phase
from broker.server.http.environ import connection_environ
from broker.server.http.responses import CONTINUE

if TYPE_CHECKING:
    from broker.server.http.parsing import RequestParser

KEEP_ALIVE_SECONDS = 30.0
"""How long a connection may be idle."""

LINGER_SECONDS = 1.0
"""Between the last byte that was received and the end of a connection."""

_MAX_LINGER_SECONDS = 10.0

RECEIVED_BYTES = 65_536
"""Of one read; more than a TLS record, so that none is left in the TLS library's buffer."""

WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(slots=True, eq=False)
class Connection(Occupant):
    """A connection belongs to the event loop, in phase ``SERVING`` to the thread that serves it."""

    sock: socket.socket
    address: tuple[Any, ...]
    parser: RequestParser
    fd: int
    deadline: float
    """Monotonic time at which its phase must have ended."""
    has_tls: bool = False
    """Whether ``sock`` was replaced by one for TLS."""
    output: memoryview | None = None
    """What is left to send."""
    closes: bool = False
    """Whether the connection ends when all is sent."""
    is_watched: bool = False
    """Whether the event loop receives its events."""
    held: int = 0
    """Bytes of a request that is not complete, as the event loop counted them."""
    _environ: dict[str, Any] = field(default_factory=dict)

    def environ(self, scheme: str) -> dict[str, Any]:
        """Return what the environments of all requests have in common."""
        if not self._environ:
            self._environ = connection_environ(
                self.sock, self.address, self.sock.getsockname(), scheme
            )
        return self._environ

    def enter(self, phase: Phase, now: float, seconds: float = math.inf) -> None:
        """Begin a phase that may take ``seconds``."""
        self.since, self.deadline = now, now + seconds
        self.phase = phase

    def send(self, data: memoryview) -> memoryview:
        """Send without waiting; return what is left. Raises OSError."""
        while data:
            try:
                data = data[self.sock.send(data) :]
            except WOULD_BLOCK:
                break
        return data

    def send_continue(self) -> None:
        """Tell the client to send the body."""
        self.parser.waits_for_continue = False
        with suppress(OSError):
            self.send(memoryview(CONTINUE))

    def discard(self, now: float) -> bool:
        """Ignore what a client sends after the last response; return whether it has closed.

        A client that is still sending reads the response only afterwards: wait for it again, for a
        limited time altogether.
        """
        try:
            if not self.sock.recv(RECEIVED_BYTES):
                return True
        except WOULD_BLOCK:
            return False
        except (OSError, ValueError):
            return True
        self.deadline = min(now + LINGER_SECONDS, self.since + _MAX_LINGER_SECONDS)
        return False

    def end_output(self) -> None:
        """Tell the client that nothing follows; what it sends is ignored until it closes."""
        with suppress(OSError, ValueError):
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock.unwrap()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

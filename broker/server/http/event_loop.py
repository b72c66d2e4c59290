"""The event loop of a worker: reads requests completely before a thread serves them (D-51).

Only this loop accepts, reads and closes. A request is served elsewhere; the thread that has its
response sends it at once and returns the connection.
"""

from __future__ import annotations

import errno
import math
import os
import selectors
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from broker.server.http.admission import Admission, Phase
from broker.server.http.connection import RECEIVED_BYTES, WOULD_BLOCK, Connection
from broker.server.http.environ import request_environ
from broker.server.http.parsing import MalformedRequest, RequestParser
from broker.server.http.responses import CONTINUE, encode_response, error_response

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from broker.server.http.parsing import HttpRequest
    from broker.server.http.service import Respond

    Serve = Callable[[dict[str, Any], Respond], None]

HANDSHAKE_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30.0
SEND_SECONDS = 30.0
_LINGER_SECONDS = 1.0
_TICK_SECONDS = 1.0
_ACCEPTED_TOGETHER = 64
_HANDSHAKE_THREADS = 2
_WARNING_SECONDS = 60.0
_MAX_HELD_BYTES = 32 * 1024 * 1024
"""Of all requests of a worker that are not complete."""

_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of a listener; ``tls_context`` returns the context of a new connection, if any."""

    max_body_bytes: int
    request_seconds: float
    connections: int
    tls_context: Callable[[], ssl.SSLContext] | None = None

    @property
    def scheme(self) -> str:
        """Return the scheme of its URLs."""
        return "http" if self.tls_context is None else "https"


class EventLoop:
    """Serves the connections of one listening socket."""

    def __init__(
        self, listening: socket.socket, options: Options, serve: Serve, flush: Callable[[], None]
    ) -> None:
        """``serve`` starts serving a request and never blocks.

        ``flush`` is called after several requests may have been passed to it.
        """
        self._listening = listening
        self._options = options
        self._serve = serve
        self._flush = flush
        self._admission = Admission(options.connections)
        self._connections: dict[int, Connection] = {}
        # Other threads register descriptors too, which takes one step.
        self._selector = selectors.DefaultSelector()
        self._handshakes = ThreadPoolExecutor(_HANDSHAKE_THREADS, "tls-handshake")
        self._held = 0
        self._accepts = False
        self._warned_at = -math.inf

    def run(self, wakeup: int, tick: Callable[[], bool], drain_seconds: float) -> None:
        """Serve until ``tick``, called at least once a second, returns False, then drain.

        A byte that arrives at the file descriptor ``wakeup`` causes a tick.
        """
        self._listening.settimeout(0)
        self._selector.register(wakeup, selectors.EVENT_READ)
        self._accept_again()
        ticked_at = time.monotonic()
        while tick():
            self._poll(wakeup)
            if (now := time.monotonic()) - ticked_at >= _TICK_SECONDS:
                ticked_at = now
                self._end_overdue(now)
        self._drain(wakeup, time.monotonic() + drain_seconds)

    def _drain(self, wakeup: int, give_up: float) -> None:
        self._accept()
        self._stop_accepting()
        now = time.monotonic()
        for connection in self._connections.values():
            if connection.phase in (Phase.IDLE, Phase.HANDSHAKE):
                # The client may already be sending a request.
                connection.deadline = min(connection.deadline, now + _LINGER_SECONDS)
        while self._connections and (now := time.monotonic()) < give_up:
            self._poll(wakeup, 0.1)
            self._end_overdue(now)
        self._handshakes.shutdown(wait=False)

    def _poll(self, wakeup: int, seconds: float = _TICK_SECONDS) -> None:
        listening = self._listening.fileno()
        for key, _ in self._selector.select(seconds):
            fd = key.fd
            if fd == listening:
                self._accept()
            elif (connection := self._connections.get(fd)) is not None:
                self._continue(connection)
            elif fd == wakeup:
                with suppress(OSError):
                    os.read(wakeup, RECEIVED_BYTES)
        self._flush()

    def _continue(self, connection: Connection) -> None:
        """Process an event of a connection."""
        phase = connection.phase
        if phase in (Phase.IDLE, Phase.RECEIVING):
            self._receive(connection)
        elif phase is Phase.SERVING:
            self._ignore_while_serving(connection)
        elif phase is Phase.SENDING:
            self._send(connection, connection.output or memoryview(b""))
        elif phase is Phase.HANDSHAKE:
            connection.phase = Phase.SERVING
            self._handshakes.submit(self._shake_hands, connection)
        else:
            self._discard(connection)

    # Accepting

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_TOGETHER):
            if self._admission.is_full and not self._make_room():
                # Until a connection has been served.
                self._stop_accepting()
                return
            try:
                sock, address = self._listening.accept()
            except WOULD_BLOCK:
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._warn("out of file descriptors or memory", error=str(error))
                    self._make_room()
                    self._stop_accepting()
                    return
                continue
            self._add(sock, address)

    def _add(self, sock: socket.socket, address: tuple[Any, ...]) -> None:
        sock.settimeout(0)
        fd, now = sock.fileno(), time.monotonic()
        if (stale := self._connections.get(fd)) is not None:
            # Its socket was closed by a failed handshake.
            self._close(stale)
        is_tls = self._options.tls_context is not None
        connection = Connection(
            peer=str(address[0]),
            phase=Phase.HANDSHAKE if is_tls else Phase.IDLE,
            since=now,
            sock=sock,
            address=address,
            parser=RequestParser(self._options.max_body_bytes),
            fd=fd,
            deadline=now + (HANDSHAKE_SECONDS if is_tls else KEEP_ALIVE_SECONDS),
        )
        self._connections[fd] = connection
        self._admission.opened(connection.peer)
        self._watch(connection)

    def _make_room(self) -> bool:
        """End the connections that lose their place to new ones; return whether there were any."""
        victims = self._admission.victims(self._connections.values(), time.monotonic())
        if victims:
            self._warn("connection limit reached", connections=len(self._connections))
        for victim in victims:
            self._close(victim)
        return bool(victims)

    def _stop_accepting(self) -> None:
        if self._accepts:
            self._selector.unregister(self._listening)
            self._accepts = False

    def _accept_again(self) -> None:
        if not self._accepts:
            self._selector.register(self._listening, selectors.EVENT_READ)
            self._accepts = True

    def _shake_hands(self, connection: Connection) -> None:
        """Continue a TLS handshake, in a thread of its own: it takes milliseconds of CPU time."""
        try:
            if connection.output is None and self._options.tls_context is not None:
                # The empty output marks a connection whose handshake has begun.
                connection.output = memoryview(b"")
                connection.sock = self._options.tls_context().wrap_socket(
                    connection.sock, server_side=True, do_handshake_on_connect=False
                )
            connection.sock.do_handshake()  # type: ignore[attr-defined]  # an SSLSocket
        except WOULD_BLOCK:
            connection.phase = Phase.HANDSHAKE
        except (OSError, ValueError) as error:
            _log.debug("TLS handshake failed", error=str(error))
            connection.enter(Phase.CLOSING, time.monotonic(), 0.0)
        else:
            connection.enter(Phase.IDLE, time.monotonic(), KEEP_ALIVE_SECONDS)
        self._watch(connection)

    # Receiving

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(RECEIVED_BYTES)
        except WOULD_BLOCK:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        parser = connection.parser
        try:
            parser.feed(data)
        except MalformedRequest as error:
            if not parser.requests:
                self._refuse(connection, error.status, error.reason)
                return
        if parser.requests:
            self._hold(connection, 0)
            self._serve_next(connection)
            return
        if connection.phase is Phase.IDLE:
            connection.enter(Phase.RECEIVING, time.monotonic(), self._options.request_seconds)
        self._hold(connection, parser.buffered)
        if parser.waits_for_continue:
            parser.waits_for_continue = False
            with suppress(OSError):
                connection.send(memoryview(CONTINUE))

    def _hold(self, connection: Connection, size: int) -> None:
        """Count the bytes of a request that is not complete; refuse the largest of too many."""
        self._held += size - connection.held
        connection.held = size
        if self._held > _MAX_HELD_BYTES:
            largest = max(self._connections.values(), key=lambda each: each.held)
            self._warn("requests that are not complete take too much memory", bytes=self._held)
            self._refuse(largest, HTTPStatus.SERVICE_UNAVAILABLE, "Too many unfinished requests")

    def _refuse(self, connection: Connection, status: HTTPStatus, reason: str) -> None:
        self._hold(connection, 0)
        connection.closes = True
        self._send(connection, memoryview(error_response(status, reason)))

    def _discard(self, connection: Connection) -> None:
        """Ignore what a client sends after the last response, until it closes."""
        try:
            if connection.sock.recv(RECEIVED_BYTES):
                return
        except WOULD_BLOCK:
            return
        except (OSError, ValueError):
            pass
        self._close(connection)

    # Serving

    def _serve_next(self, connection: Connection) -> None:
        request = connection.parser.requests.popleft()
        connection.enter(Phase.SERVING, time.monotonic())
        environ = request_environ(connection.environ(self._options.scheme), request)
        self._serve(environ, partial(self._respond, connection, request))

    def _respond(
        self,
        connection: Connection,
        request: HttpRequest,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        """Send the response, in the thread that has it."""
        connection.closes = (
            not request.keeps_connection
            or ("Connection", "close") in headers
            or self._admission.is_under_pressure
        )
        try:
            data = encode_response(request, status, headers, body, closes=connection.closes)
        except ValueError as error:
            _log.error("invalid response", exc_info=error)
            connection.closes = True
            data = error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
        self._send(connection, memoryview(data))

    def _send(self, connection: Connection, data: memoryview) -> None:
        """Send a response or the rest of one, in the thread that the connection belongs to."""
        try:
            left = connection.send(data)
        except (OSError, ValueError):
            connection.output = None
            connection.enter(Phase.CLOSING, time.monotonic(), 0.0)
            self._watch(connection)
            return
        if left:
            connection.output = left
            if connection.phase is not Phase.SENDING:
                self._unwatch(connection)
                connection.enter(Phase.SENDING, time.monotonic(), SEND_SECONDS)
                self._watch(connection)
            return
        if connection.output:
            self._unwatch(connection)
            connection.output = None
        self._sent(connection)

    def _sent(self, connection: Connection) -> None:
        parser, now = connection.parser, time.monotonic()
        if connection.closes or (parser.is_closed and not parser.requests):
            connection.end_output()
            connection.enter(Phase.CLOSING, now, _LINGER_SECONDS)
        elif parser.requests:
            self._serve_next(connection)
            self._flush()
            return
        elif parser.is_receiving:
            connection.enter(Phase.RECEIVING, now, self._options.request_seconds)
        else:
            connection.enter(Phase.IDLE, now, KEEP_ALIVE_SECONDS)
        self._watch(connection)

    # Events

    def _ignore_while_serving(self, connection: Connection) -> None:
        """Stop watching: the client has sent more, or closed, before it got the response."""
        self._unwatch(connection)
        if connection.phase is not Phase.SERVING:
            # Its response was sent meanwhile, and that thread found it still watched.
            self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        """Watch for what the connection's phase waits for, unless it is watched.

        The serving thread and the event loop may do so at once; the second one fails.
        """
        if not connection.is_watched:
            connection.is_watched = True
            is_sending = connection.phase is Phase.SENDING
            events = selectors.EVENT_WRITE if is_sending else selectors.EVENT_READ
            with suppress(OSError, ValueError, KeyError):
                self._selector.register(connection.fd, events)

    def _unwatch(self, connection: Connection) -> None:
        with suppress(OSError, ValueError, KeyError):
            self._selector.unregister(connection.fd)
        # Afterwards: another thread must not register before this one has unregistered.
        connection.is_watched = False

    def _end_overdue(self, now: float) -> None:
        """End connections whose phase took too long, and idle ones under pressure."""
        connections = list(self._connections.values())
        for connection in connections:
            if connection.deadline > now or connection.phase is Phase.SERVING:
                continue
            if connection.phase is Phase.RECEIVING:
                seconds = self._options.request_seconds
                self._refuse(
                    connection,
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"The request was not complete {seconds:g} s after its first byte",
                )
            else:
                self._close(connection)
        for connection in self._admission.overdue(self._connections.values(), now):
            self._close(connection)
        self._accept_again()

    def _close(self, connection: Connection) -> None:
        self._hold(connection, 0)
        if connection.is_watched:
            self._unwatch(connection)
        if self._connections.get(connection.fd) is connection:
            del self._connections[connection.fd]
        self._admission.closed(connection.peer)
        with suppress(OSError):
            connection.sock.close()

    def _warn(self, event: str, **values: Any) -> None:
        """Log a warning, at most one a minute."""
        if (now := time.monotonic()) - self._warned_at >= _WARNING_SECONDS:
            self._warned_at = now
            _log.warning(event, **values)

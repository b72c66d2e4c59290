"""The event loop of a worker: reads requests completely before a thread serves them (D-51).

Only this loop accepts, reads and closes. A request is served elsewhere; the thread that has its
response sends it at once and returns the connection.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from broker.server.http import handshakes
from broker.server.http.admission import Admission, Phase
from broker.server.http.connection import (
    KEEP_ALIVE_SECONDS,
    LINGER_SECONDS,
    RECEIVED_BYTES,
    WOULD_BLOCK,
    Connection,
)
from broker.server.http.handshakes import Handshakes
from broker.server.http.held_bytes import SMALL_BYTES, HeldBytes
from broker.server.http.notices import Notices
from broker.server.http.parsing import MalformedRequest, RequestParser
from broker.server.http.responding import Responder
from broker.server.http.watching import Watch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from broker.server.http.options import Options
    from broker.server.http.responding import Serve

_TICK_SECONDS = 1.0
_ACCEPTED_TOGETHER = 64
_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = structlog.get_logger(__name__)


class EventLoop:
    """Serves the connections of one listening socket."""

    def __init__(
        self,
        listening: socket.socket,
        options: Options,
        serve: Serve,
        flush: Callable[[], None],
        count: Callable[[str], object],
    ) -> None:
        """``serve`` starts serving a request and never blocks.

        ``flush`` is called after several requests may have been passed to it, ``count`` with the
        name of an event for the metrics.
        """
        self._listening = listening
        self._options = options
        self._flush = flush
        self._notices = Notices(count)
        self._admission = Admission(options.connections)
        self._connections: dict[int, Connection] = {}
        self._watch = Watch()
        self._responder = Responder(options, serve, flush, self._watch, self._admission)
        self._handshakes = options.tls_context and Handshakes(options.tls_context, self._watch)
        self._held = HeldBytes()
        self._accepts = False

    def run(self, wakeup: int, tick: Callable[[], bool], drain_seconds: float) -> None:
        """Serve until ``tick``, called at least once a second, returns False, then drain.

        A byte that arrives at the file descriptor ``wakeup`` causes a tick.
        """
        self._listening.settimeout(0)
        self._watch.add(wakeup)
        self._accept_again()
        ticked_at = time.monotonic()
        while tick():
            self._poll(wakeup)
            if (now := time.monotonic()) - ticked_at >= _TICK_SECONDS:
                ticked_at = now
                self._end_overdue(now)
                self._accept_again()
        self._drain(wakeup, time.monotonic() + drain_seconds)

    def _drain(self, wakeup: int, give_up: float) -> None:
        self._accept()
        self._stop_accepting()
        now = time.monotonic()
        for connection in self._connections.values():
            if connection.phase in (Phase.IDLE, Phase.HANDSHAKE):
                # The client may already be sending a request.
                connection.deadline = min(connection.deadline, now + LINGER_SECONDS)
        while self._connections and (now := time.monotonic()) < give_up:
            self._poll(wakeup, 0.1)
            self._end_overdue(now)
        for connection in list(self._connections.values()):
            if connection.phase is not Phase.SERVING:
                self._close(connection)
        if self._handshakes:
            self._handshakes.end()

    def _poll(self, wakeup: int, seconds: float = _TICK_SECONDS) -> None:
        listening, accepts = self._listening.fileno(), False
        for fd in self._watch.select(seconds):
            if (connection := self._connections.get(fd)) is not None:
                self._continue_safely(connection)
            elif fd == listening:
                accepts = True
            elif fd == wakeup:
                with suppress(OSError):
                    os.read(wakeup, RECEIVED_BYTES)
            else:
                # Of a connection that was closed while a thread began to watch it.
                self._watch.forget(fd)
        self._flush()
        if accepts:
            # Afterwards: a connection that sent a request must not lose its place.
            self._accept()

    def _continue_safely(self, connection: Connection) -> None:
        try:
            self._continue(connection)
        except Exception as error:  # noqa: BLE001 - the loop serves other connections, too
            _log.error("unexpected error", exc_info=error)
            self._close(connection)

    def _continue(self, connection: Connection) -> None:
        """Process an event of a connection."""
        phase = connection.phase
        if phase in (Phase.IDLE, Phase.RECEIVING):
            self._receive(connection)
        elif phase is Phase.SERVING:
            self._watch.pause_while_serving(connection)
        elif phase is Phase.SENDING:
            self._responder.send(connection, connection.output or memoryview(b""))
        elif phase is Phase.HANDSHAKE and self._handshakes:
            self._handshakes.advance(connection)
        elif connection.discard(time.monotonic()):
            self._close(connection)

    def _accept(self) -> None:
        for number in range(_ACCEPTED_TOGETHER):
            if self._admission.is_full:
                if number:
                    # What the new connections have sent is read first.
                    return
                if not self._make_room():
                    # Until a connection has been served.
                    self._stop_accepting()
                    return
            try:
                sock, address = self._listening.accept()
            except WOULD_BLOCK:
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._notices.warn(
                        "out_of_resources", "out of file descriptors or memory", error=str(error)
                    )
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
            parser=RequestParser(self._options.max_body_bytes, self._options.refuses_body),
            fd=fd,
            deadline=now + (handshakes.SECONDS if is_tls else KEEP_ALIVE_SECONDS),
        )
        self._connections[fd] = connection
        self._admission.opened(connection.peer)
        # A thread may have begun to watch a closed connection with the same descriptor.
        self._watch.forget(fd)
        self._watch.resume(connection)

    def _make_room(self) -> bool:
        """End the connections that lose their place to new ones; return whether there were any."""
        victims = self._admission.victims(self._connections.values(), time.monotonic())
        if victims:
            number = len(self._connections)
            self._notices.warn("connection_limit", "connection limit reached", connections=number)
        for victim in victims:
            self._close(victim)
        return bool(victims)

    def _stop_accepting(self) -> None:
        if self._accepts:
            self._watch.remove(self._listening.fileno())
            self._accepts = False

    def _accept_again(self) -> None:
        if not self._accepts:
            self._watch.add(self._listening.fileno())
            self._accepts = True

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
                self._notices.count("malformed_request")
                self._refuse(connection, error.status, error.reason)
                return
        if parser.requests:
            self._serve(connection, len(data))
            return
        if not parser.is_receiving:
            # Empty lines before a request.
            return
        if connection.phase is Phase.IDLE:
            connection.enter(Phase.RECEIVING, time.monotonic(), self._options.request_seconds)
        self._hold(connection, parser.buffered)
        if parser.waits_for_continue and connection.phase is Phase.RECEIVING:
            connection.send_continue()

    def _serve(self, connection: Connection, received: int) -> None:
        is_small = received <= SMALL_BYTES and not connection.held
        if is_small or self._held.admits(connection, self._connections.values()):
            self._responder.serve_next(connection)
        else:
            self._refuse_for_memory(connection)

    def _hold(self, connection: Connection, size: int) -> None:
        """Count the bytes of a request that is not complete; refuse the largest of too many."""
        self._held.set(connection, size)
        largest = self._held.excess(self._connections.values())
        if largest is not None:
            self._refuse_for_memory(largest)

    def _refuse_for_memory(self, connection: Connection) -> None:
        self._notices.warn(
            "too_many_unfinished",
            "requests that are not complete or not served take too much memory",
            bytes=self._held.total,
        )
        connection.parser.requests.clear()
        self._refuse(connection, HTTPStatus.SERVICE_UNAVAILABLE, "Too many unfinished requests")

    def _refuse(self, connection: Connection, status: HTTPStatus, reason: str) -> None:
        self._held.set(connection, 0)
        self._responder.refuse(connection, status, reason)

    def _end_overdue(self, now: float) -> None:
        """End connections whose phase took too long, and idle ones under pressure."""
        for connection in list(self._connections.values()):
            if connection.deadline > now or connection.phase is Phase.SERVING:
                continue
            if connection.phase is Phase.RECEIVING:
                self._notices.count("request_timeout")
                seconds = self._options.request_seconds
                reason = f"The request was not complete {seconds:g} s after its first byte"
                self._refuse(connection, HTTPStatus.REQUEST_TIMEOUT, reason)
            else:
                self._close(connection)
        for connection in self._admission.overdue(self._connections.values(), now):
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        if self._connections.get(connection.fd) is not connection:
            return
        del self._connections[connection.fd]
        self._held.set(connection, 0)
        if connection.is_watched:
            self._watch.pause(connection)
        self._admission.closed(connection.peer)
        with suppress(OSError):
            connection.sock.close()

"""Sends responses, in the threads that have them, and returns the connections to the loop."""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from broker.server.http.admission import Phase
from broker.server.http.connection import KEEP_ALIVE_SECONDS, LINGER_SECONDS
from broker.server.http.environ import request_environ
from broker.server.http.responses import encode_response, error_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.server.http.admission import Admission
    from broker.server.http.connection import Connection
    from broker.server.http.options import Options
    from broker.server.http.parsing import HttpRequest
    from broker.server.http.service import Respond
    from broker.server.http.watching import Watch

    Serve = Callable[[dict[str, Any], Respond], None]

SEND_SECONDS = 30.0

_log = structlog.get_logger(__name__)


class Responder:
    """Serves the complete requests of connections."""

    def __init__(
        self,
        options: Options,
        serve: Serve,
        flush: Callable[[], None],
        watch: Watch,
        admission: Admission,
    ) -> None:
        """``serve`` starts serving a request and never blocks; ``flush`` follows it."""
        self._options = options
        self._serve = serve
        self._flush = flush
        self._watch = watch
        self._admission = admission

    def serve_next(self, connection: Connection) -> None:
        """Start serving the next complete request of a connection."""
        request = connection.parser.requests.popleft()
        connection.enter(Phase.SERVING, time.monotonic())
        try:
            environ = request_environ(connection.environ(self._options.scheme), request)
            self._serve(environ, partial(self._respond, connection, request))
        except Exception as error:  # noqa: BLE001 - the thread serves other connections, too
            _log.error("unexpected error", exc_info=error)
            connection.enter(Phase.CLOSING, time.monotonic(), 0.0)
            self._watch.resume(connection)

    def refuse(self, connection: Connection, status: HTTPStatus, reason: str) -> None:
        """Send an error response and end the connection."""
        connection.closes = True
        self.send(connection, memoryview(error_response(status, reason)))

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
        self.send(connection, memoryview(data))

    def send(self, connection: Connection, data: memoryview) -> None:
        """Send a response or the rest of one, in the thread that the connection belongs to."""
        try:
            left = connection.send(data)
        except (OSError, ValueError):
            connection.output = None
            connection.enter(Phase.CLOSING, time.monotonic(), 0.0)
            self._watch.resume(connection)
            return
        if left:
            connection.output = left
            if connection.phase is not Phase.SENDING:
                self._watch.pause(connection)
                connection.enter(Phase.SENDING, time.monotonic(), SEND_SECONDS)
                self._watch.resume(connection)
            return
        if connection.output:
            self._watch.pause(connection)
            connection.output = None
        self._sent(connection)

    def _sent(self, connection: Connection) -> None:
        parser, now = connection.parser, time.monotonic()
        if connection.closes or (parser.is_closed and not parser.requests):
            connection.end_output()
            connection.enter(Phase.CLOSING, now, LINGER_SECONDS)
        elif parser.requests:
            self.serve_next(connection)
            self._flush()
            return
        elif parser.is_receiving:
            if parser.waits_for_continue:
                connection.send_continue()
            connection.enter(Phase.RECEIVING, now, self._options.request_seconds)
        else:
            connection.enter(Phase.IDLE, now, KEEP_ALIVE_SECONDS)
        self._watch.resume(connection)

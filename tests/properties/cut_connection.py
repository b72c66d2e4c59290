"""A request whose client or server disconnects before the response."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

import psutil

if TYPE_CHECKING:
    from tests.properties.reference_model import Request
    from tests.support.server import Server

_LONGEST_ACCEPT_SECONDS = 600.0
_LONGEST_REQUEST_SECONDS = 1.0
_LATER_REQUESTS = 20
_POLL_SECONDS = 0.002


class CutRequest:
    """A request on its own connection; ``outcome`` returns its result."""

    def __init__(self, server: Server, request: Request) -> None:
        """Connect."""
        self._server = server
        self._id = str(uuid4())
        self._log_start = server.log_file.stat().st_size
        self._message = self._serialised(request)
        self._connection = socket.create_connection(("localhost", server.port), timeout=30)

    def send(self) -> None:
        """Send the whole request."""
        self._connection.sendall(self._message)

    def drop(self) -> None:
        """Close the connection without reading the response."""
        self._connection.close()

    def outcome(self) -> int | None:
        """Return the unread status; None if the request was not started.

        It is not started if the server sees the closed connection first. This is assumed once later
        requests have been served, as a busy machine delays them as well.
        """
        begun, answered = time.monotonic(), 0
        while answered < _LATER_REQUESTS:
            if (status := self.logged_status()) is not None:
                return status
            if time.monotonic() < begun + _LONGEST_REQUEST_SECONDS:
                time.sleep(_POLL_SECONDS)
            else:
                answered += self._server.is_up()
        return self.logged_status()

    def logged_status(self) -> int | None:
        """Return the status if the server has logged it by now."""
        with self._server.log_file.open() as log:
            log.seek(self._log_start)
            # Whole lines only: the last line may be incomplete.
            lines, _, _ = log.read().rpartition("\n")
        for line in lines.splitlines():
            if self._id in line and '"event":"request"' in line:
                status: int = json.loads(line)["status"]
                return status
        return None

    def worker(self) -> psutil.Process:
        """Return the process that has accepted the connection."""
        port = self._connection.getsockname()[1]
        give_up = time.monotonic() + _LONGEST_ACCEPT_SECONDS
        while time.monotonic() < give_up:
            for process in psutil.Process(self._server.pid).children(recursive=True):
                if any(
                    connection.raddr and connection.raddr.port == port
                    for connection in process.net_connections("tcp")
                ):
                    return process
            time.sleep(_POLL_SECONDS)
        raise AssertionError("no worker accepted the connection")

    def _serialised(self, request: Request) -> bytes:
        credentials = f"{self._server.user}:{self._server.password}".encode()
        body = b"" if request.body is None else json.dumps(request.body).encode()
        query = f"?{urlencode(request.query)}" if request.query else ""
        head = [
            f"{request.method} /v2{request.path}{query} HTTP/1.1",
            f"Host: localhost:{self._server.port}",
            f"Authorization: Basic {base64.b64encode(credentials).decode()}",
            "X-Broker-API-Version: 2.17",
            f"X-Correlation-ID: {self._id}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

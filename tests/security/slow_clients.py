"""Clients that begin what they do not complete."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections import defaultdict
from contextlib import ExitStack, suppress
from functools import cache
from typing import TYPE_CHECKING, Literal, Self

import requests

if TYPE_CHECKING:
    from types import TracebackType

    from tests.support.server import Server

Listener = Literal["http", "tls"]
LISTENERS: tuple[Listener, ...] = ("http", "tls")

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
UNFINISHED_HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
UNFINISHED_BODY = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant_type="
)
UNFINISHED_CHUNK = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1000\r\na="
)


def connect_plainly(server: Server, listener: Listener) -> socket.socket:
    """Return a TCP connection; no handshake has begun."""
    port = server.port if listener == "http" else server.tls_port
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def connect(server: Server, listener: Listener) -> socket.socket:
    """Return a connection over which a request can be sent."""
    plain = connect_plainly(server, listener)
    if listener == "http":
        return plain
    return _context(str(server.ca_file)).wrap_socket(plain, server_hostname="localhost")


@cache
def _context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def response_on(connection: socket.socket) -> bytes:
    """Return everything that the server sends until it closes; b'' if it resets."""
    received = b""
    with suppress(ConnectionError, ssl.SSLError):
        while part := connection.recv(65_536):
            received += part
    return received


class Crowd:
    """Connections of clients that send the beginning of a request and then one byte at times."""

    def __init__(self, server: Server, listener: Listener, number: int) -> None:
        """Connect ``number`` clients."""
        self.responses = defaultdict[socket.socket, bytes](bytes)
        self._stack = ExitStack()
        self.connections = [
            self._stack.enter_context(connect(server, listener)) for _ in range(number)
        ]

    def __enter__(self) -> Self:
        """Return the clients."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self._stack.close()

    def send(self, data: bytes) -> None:
        """Send over each connection that the server has not closed."""
        for connection in self.connections:
            with suppress(OSError):
                connection.sendall(data)

    def ended(self) -> int:
        """Return how many connections have a response or were closed by the server."""
        poll = select.poll()
        by_descriptor = {each.fileno(): each for each in self.connections}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(0):
            connection = by_descriptor[descriptor]
            connection.settimeout(0)
            try:
                data = connection.recv(65_536)
            except ssl.SSLWantReadError:
                continue  # a session ticket arrived, no data
            except OSError:
                data = b""
            finally:
                connection.settimeout(30)
            self.responses[connection] += data
        return len(self.responses)


def seconds_of_a_request(server: Server, listener: Listener) -> float:
    """Send an honest request over a new connection; return how long it took."""
    url = server.url if listener == "http" else server.tls_url
    started = time.monotonic()
    response = requests.get(f"{url}/healthz", verify=str(server.ca_file), timeout=30)
    assert response.status_code == 200
    return time.monotonic() - started

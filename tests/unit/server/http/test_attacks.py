"""Clients that attack the HTTP server."""

from __future__ import annotations

import os
import socket
import ssl
import time
from http import HTTPStatus
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from broker.server.http.admission import Phase
from broker.server.http.environ import request_environ
from broker.server.http.event_loop import EventLoop
from broker.server.http.options import Options
from broker.server.http.parsing import (
    MAX_HEAD_BYTES,
    HttpRequest,
    MalformedRequest,
    RequestParser,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from broker.server.http.service import Respond

HOST = b"Host: localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"

MAX_BODY = 1000
REQUEST_SECONDS = 5.0


class Attacked:
    """An event loop in a thread; each request is answered with its path, ``/fail`` raises."""

    def __init__(self, tls_context: Callable[[], ssl.SSLContext] | None = None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self._wakeup = os.pipe()
        self._ends = Event()
        options = Options(MAX_BODY, REQUEST_SECONDS, 100, tls_context=tls_context)
        self.loop = EventLoop(self._listening, options, self._serve, lambda: None, lambda _: None)
        self._thread = Thread(target=self.loop.run, args=(self._wakeup[0], self._tick, 0.0))
        self._thread.start()

    def _tick(self) -> bool:
        return not self._ends.is_set()

    def _serve(self, environ: dict[str, Any], respond: Respond) -> None:
        if environ["PATH_INFO"] == "/fail":
            raise RuntimeError("the application fails")
        body = environ["wsgi.input"].read() or environ["PATH_INFO"].encode()
        Thread(target=respond, args=(200, [], body)).start()

    def connect(self) -> socket.socket:
        """Return a connection to the loop."""
        return socket.create_connection(self.address, timeout=10)

    def stop(self) -> None:
        """End the thread."""
        self._ends.set()
        os.write(self._wakeup[1], b"x")
        self._thread.join()
        self._listening.close()
        for each in self._wakeup:
            os.close(each)


@pytest.fixture
def attacked() -> Iterator[Attacked]:
    """Return a loop without TLS."""
    server = Attacked()
    yield server
    server.stop()


def parsed(*parts: bytes) -> RequestParser:
    """Return a parser that received the parts."""
    parser = RequestParser(MAX_BODY)
    for part in parts:
        parser.feed(part)
    return parser


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Return what is received up to ``end`` or to the end of the connection."""
    received = b""
    while end not in received and (part := connection.recv(65_536)):
        received += part
    return received


def await_no_connections(server: Attacked) -> None:
    """Wait until the loop holds and counts no connection."""
    give_up = time.monotonic() + 10
    loop = server.loop
    while loop._connections or loop._admission._open:
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize(
    "beginning",
    [CHUNKED + b"1;", CHUNKED + b"0\r\nX: ", GET + GET[:-2] + b"X: ", b"\r\n"],
    ids=["extension", "trailer", "pipelined", "line"],
)
def test_endless_parts_of_a_request_are_refused(beginning: bytes) -> None:
    """Neither chunk extensions nor trailers nor empty lines are collected without limit."""
    part = beginning if beginning == b"\r\n" else b"a"
    with pytest.raises(MalformedRequest) as refused:
        parsed(beginning, *[part * 1024] * (MAX_HEAD_BYTES // 1024 + 4))
    assert refused.value.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_the_beginning_of_a_following_request_is_counted() -> None:
    """What follows a complete request is memory of the connection, too."""
    assert parsed(GET + GET[:-2] + b"X: " + b"a" * 1024).buffered > 1024


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
        (CHUNKED + b"5\nabcde\r\n0\r\n\r\n", 400),
        (b"GET localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ],
)
def test_requests_that_proxies_read_differently_are_refused(
    request_head: bytes, status: int
) -> None:
    """The end of a request and its target are unambiguous."""
    with pytest.raises(MalformedRequest) as refused:
        parsed(request_head)
    assert refused.value.status == status


def test_connect_after_a_request_ends_the_connection() -> None:
    """What follows CONNECT belongs to another protocol."""
    parser = RequestParser(MAX_BODY)
    with pytest.raises(MalformedRequest):
        parser.feed(GET + b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n" + GET)
    parser.feed(GET)
    assert parser.is_closed
    assert len(parser.requests) == 1


def test_upgrade_with_body_is_a_request_without_upgrade() -> None:
    """Java's client sends the body of its first request with the upgrade to HTTP/2."""
    head = b"POST /1 HTTP/1.1\r\n" + UPGRADE + HOST + b"Content-Length: 5\r\n\r\n"
    parser = parsed(head, b"ab", b"cde" + GET)
    assert [each.body for each in parser.requests] == [b"abcde", b""]
    assert [each.keeps_connection for each in parser.requests] == [True, True]


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"http://localhost/a?b", "/a", "b"),
        (b"http://localhost?b=/admin", "/", "b=/admin"),
        (b"http://localhost#/admin", "/", ""),
        (b"http://localhost", "/", ""),
        (b"*", "*", ""),
    ],
)
def test_the_path_of_an_absolute_target(target: bytes, path: str, query: str) -> None:
    """The path is not a part of the query."""
    environ = request_environ({}, HttpRequest(method="GET", target=target))
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == (path, query)


def test_an_empty_line_after_a_response_begins_no_request(attacked: Attacked) -> None:
    """The connection stays idle instead of being refused as an incomplete request."""
    with attacked.connect() as client:
        client.sendall(GET)
        read_until(client, b"\r\n\r\n/")
        client.sendall(b"\r\n")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        (connection,) = attacked.loop._connections.values()
        assert connection.phase.name == "IDLE"
        client.settimeout(10)
        client.sendall(GET)
        assert b"200 OK" in read_until(client, b"\r\n\r\n/")


def test_continue_is_sent_for_a_pipelined_request(attacked: Attacked) -> None:
    """A client that waits for it after the first response gets it."""
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with attacked.connect() as client:
        client.sendall(GET + head)
        assert b"100 Continue" in read_until(client, b"100 Continue\r\n\r\n")
        client.sendall(b"abcde")
        assert b"abcde" in read_until(client, b"abcde")


def test_a_failure_ends_only_its_connection(attacked: Attacked) -> None:
    """The loop serves the other connections."""
    with attacked.connect() as other, attacked.connect() as failing:
        failing.sendall(b"GET /fail HTTP/1.1\r\n" + HOST + b"\r\n")
        assert read_until(failing, b"never") == b""
        other.sendall(GET)
        assert b"200 OK" in read_until(other, b"\r\n\r\n/")
    await_no_connections(attacked)


@pytest.mark.parametrize("wraps", [False, True], ids=["context", "wrap_socket"])
def test_a_failing_tls_context_ends_the_connection(wraps: bool) -> None:  # noqa: FBT001
    """No connection stays in its handshake for ever."""

    class Failing:
        def wrap_socket(self, *_: object, **__: object) -> ssl.SSLSocket:
            raise RuntimeError("no handshake")

    def tls_context() -> Any:
        if wraps:
            return Failing()
        raise RuntimeError("no context")

    server = Attacked(tls_context)
    try:
        with server.connect() as client:
            client.sendall(b"\x16\x03\x01")
            read_until(client, b"never")
    except ConnectionResetError:
        pass
    finally:
        await_no_connections(server)
        server.stop()


def test_the_response_arrives_although_the_client_is_still_sending(attacked: Attacked) -> None:
    """The rest of a long body is read and ignored."""
    with attacked.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n")
        for _ in range(20):
            client.sendall(b"a" * 50_000)
            # In all more than the time for which a client that sends nothing is awaited.
            time.sleep(0.08)
        assert b"200 OK" in read_until(client, b"\r\n\r\n/")
    await_no_connections(attacked)


def test_requests_sent_before_the_previous_response_are_served(attacked: Attacked) -> None:
    """The serving threads and the loop never lose a connection to each other."""
    clients = [attacked.connect() for _ in range(50)]
    for number in range(10):
        half = number * 3
        for client in clients:
            client.sendall(GET[:half])
        for client in clients:
            client.sendall(GET[half:])
    for client in clients:
        received = b""
        while received.count(b"200 OK") < 10:
            part = client.recv(65_536)
            assert part
            received += part
        client.close()
    await_no_connections(attacked)


def test_connections_reset_while_served_are_closed(attacked: Attacked) -> None:
    """Counts and tables are exact after resets."""
    for _ in range(50):
        client = attacked.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(GET * 20)
        client.close()
    await_no_connections(attacked)


def test_connections_left_at_the_end_are_closed() -> None:
    """Also without any time to drain."""
    server = Attacked()
    with server.connect() as client:
        client.sendall(GET)
        assert read_until(client, b"\r\n\r\n/").startswith(b"HTTP/1.1 200 ")
        [connection] = server.loop._connections.values()
        while connection.phase is Phase.SERVING:
            # The thread that sent the response has not given the connection back.
            time.sleep(0.001)
        server.stop()
        assert server.loop._connections == {}
        assert client.recv(1) == b""

"""D-51: a malformed request is a 400 with the reason, on each listener; its client is to blame."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tests.security.slow_clients import (
    HEALTH,
    LISTENERS,
    UNFINISHED_BODY,
    Listener,
    connect,
    response_on,
)
from tests.support.server import Server

CHUNKED = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
)

MALFORMED = {
    "chunk size": CHUNKED + b"zz\r\n",
    "chunk size of 20 digits": CHUNKED + b"f" * 20 + b"\r\n",
    "end of a chunk": CHUNKED + b"1\r\nabc",
    "trailer": CHUNKED + b"0\r\n: \r\n\r\n",
    "NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n",
    "blank before the colon": b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two lengths": UNFINISHED_BODY.replace(b"\r\n\r\n", b"\r\nContent-Length: 10\r\n\r\n"),
    "length and chunks": CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 10\r\n\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_a_400_with_the_reason(
    small_server: Server, listener: Listener, request_: bytes
) -> None:
    with connect(small_server, listener) as connection:
        connection.sendall(request_)
        head, _, body = response_on(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    answer = json.loads(body)
    assert answer["error"] == "invalid_request"
    assert len(answer["error_description"]) > len("Malformed")
    assert "Traceback" not in small_server.log()


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_client_that_leaves_within_its_body_is_no_error(
    small_server: Server, listener: Listener
) -> None:
    before = len(small_server.log())
    for beginning in (UNFINISHED_BODY, CHUNKED + b"10\r\nabc"):
        with connect(small_server, listener) as connection:
            connection.sendall(beginning)
    with connect(small_server, listener) as connection:
        connection.sendall(HEALTH)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    time.sleep(0.1)
    written = small_server.log()[before:]
    assert '"level":"error"' not in written
    assert "unexpected" not in written


@pytest.mark.parametrize("path", [b"/healthz", b"/readyz", b"/token_keys", b"/v2/catalog"])
def test_a_half_closed_client_gets_its_response(small_server: Server, path: bytes) -> None:
    with connect(small_server, "http") as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
        connection.shutdown(socket.SHUT_WR)
        assert response_on(connection).split()[1] in (b"200", b"401")


def test_a_half_closed_client_gets_its_token_response(small_server: Server) -> None:
    body = b"grant_type=client_credentials&client_id=sb-none!t1&client_secret=x"
    head = UNFINISHED_BODY.partition(b"Content-Length")[0]
    with connect(small_server, "http") as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        connection.shutdown(socket.SHUT_WR)
        assert response_on(connection).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("path", [b"/oauth/token", b"/introspect"])
def test_a_long_form_in_chunks_is_refused_as_a_whole(small_server: Server, path: bytes) -> None:
    """Otherwise its beginning would be read as if it were all."""
    form = b"grant_type=client_credentials&client_id=sb-none!t1&client_secret=x&a=".ljust(16_384)
    sent = CHUNKED.replace(b"/oauth/token", path) + (b"4000\r\n" + form + b"\r\n") * 65
    with connect(small_server, "http") as connection:
        connection.sendall(sent + b"0\r\n\r\n")
        assert response_on(connection).startswith(b"HTTP/1.1 413 ")

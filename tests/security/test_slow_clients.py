"""D-51: unfinished requests hold no thread, and end at one deadline from their first byte."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.security.slow_clients import (
    HEALTH,
    LISTENERS,
    UNFINISHED_BODY,
    UNFINISHED_CHUNK,
    UNFINISHED_HEAD,
    Crowd,
    Listener,
    connect,
    response_on,
    seconds_of_a_request,
)
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path

BEGINNINGS = {"head": UNFINISHED_HEAD, "body": UNFINISHED_BODY, "chunk": UNFINISHED_CHUNK}

CLIENTS = 60
"""More than a worker has threads."""


@pytest.mark.parametrize("listener", LISTENERS)
def test_unfinished_requests_delay_no_other_client(
    small_server: Server, listener: Listener
) -> None:
    """Bodies, headers and chunks together; each client sends another byte now and then."""
    with ExitStack() as stack:
        crowds = [
            stack.enter_context(Crowd(small_server, listener, CLIENTS // 3)) for _ in BEGINNINGS
        ]
        for crowd, beginning in zip(crowds, BEGINNINGS.values(), strict=True):
            crowd.send(beginning)
        answered = 0
        while any(crowd.ended() < len(crowd.connections) for crowd in crowds):
            assert seconds_of_a_request(small_server, "http") < 2
            assert seconds_of_a_request(small_server, "tls") < 2
            answered += 1
            for crowd in crowds:
                crowd.send(b"a")
            time.sleep(0.2)
        assert answered


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_slow_client_is_told_the_deadline(
    small_server: Server, listener: Listener, beginning: bytes
) -> None:
    """The deadline counts from the first byte: a byte now and then does not extend it."""
    with Crowd(small_server, listener, 1) as slow:
        slow.send(beginning)
        while not slow.ended():
            slow.send(b"a")
            time.sleep(0.1)
        connection = slow.connections[0]
        response = slow.responses[connection] + response_on(connection)
    assert response.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in response
    assert b"The request was not complete 1 s after its first byte" in response


@pytest.mark.parametrize("listener", LISTENERS)
def test_an_idle_connection_has_no_deadline_for_its_next_request(
    small_server: Server, listener: Listener
) -> None:
    with connect(small_server, listener) as connection:
        time.sleep(1.1)
        for _ in range(2):
            connection.sendall(HEALTH)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_body_is_awaited_with_100_continue(small_server: Server) -> None:
    """RFC 9110 section 10.1.1."""
    head, _, beginning = UNFINISHED_BODY.partition(b"\r\n\r\n")
    with connect(small_server, "http") as connection:
        connection.sendall(head + b"\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(beginning.ljust(1000, b"x"))
        assert response_on(connection).startswith(b"HTTP/1.1 401 ")


@pytest.mark.soak
@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_500_slow_clients_for_a_minute(
    tmp_path: Path, listener: Listener, beginning: bytes
) -> None:
    """They come back each time the server ends them."""
    give_up = time.monotonic() + 60
    with Server(tmp_path, workers=2) as server:
        while time.monotonic() < give_up:
            with Crowd(server, listener, 500) as slow:
                slow.send(beginning)
                while slow.ended() < 500:
                    assert seconds_of_a_request(server, listener) < 2
                    slow.send(b"a")
                    time.sleep(0.5)

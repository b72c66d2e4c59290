"""D-51: a worker with all its connections taken serves the next client nevertheless."""

from __future__ import annotations

import resource
import socket
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from tests.security.conftest import FILES
from tests.security.slow_clients import (
    HEALTH,
    LISTENERS,
    UNFINISHED_BODY,
    Listener,
    connect,
    connect_plainly,
    response_on,
    seconds_of_a_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import Server

MANY = FILES

SECONDS = 12.0
"""Within which the client after the last one is answered."""


@pytest.fixture(autouse=True)
def _enough_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("listener", LISTENERS)
def test_idle_connections_give_their_place_to_new_ones(
    small_server: Server, listener: Listener
) -> None:
    """Each has sent a request and keeps its connection open."""

    def served() -> socket.socket:
        connection = connect(small_server, listener)
        connection.sendall(HEALTH)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        return connection

    assert_the_next_client_is_served(small_server, listener, served)


@pytest.mark.parametrize("listener", LISTENERS)
def test_silent_connections_give_their_place_to_new_ones(
    small_server: Server, listener: Listener
) -> None:
    """No byte was sent: over TLS the handshake has not begun."""
    assert_the_next_client_is_served(
        small_server, listener, lambda: connect_plainly(small_server, listener)
    )


def test_half_handshakes_give_their_place_to_new_ones(small_server: Server) -> None:
    """The beginning of a TLS record, and then nothing."""

    def begun() -> socket.socket:
        connection = connect_plainly(small_server, "tls")
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
        return connection

    assert_the_next_client_is_served(small_server, "tls", begun)


@pytest.mark.parametrize("listener", LISTENERS)
def test_unfinished_requests_give_their_place_to_new_ones(
    small_server: Server, listener: Listener
) -> None:
    def unfinished() -> socket.socket:
        connection = connect(small_server, listener)
        with suppress(OSError):
            connection.sendall(UNFINISHED_BODY)
        return connection

    assert_the_next_client_is_served(small_server, listener, unfinished)


@pytest.mark.parametrize("listener", LISTENERS)
def test_under_pressure_responses_close_their_connections(
    small_server: Server, listener: Listener
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(connect(small_server, listener))
        connection.sendall(HEALTH)
        assert b"\r\nConnection: close\r\n" in response_on(connection)


def assert_the_next_client_is_served(
    server: Server, listener: Listener, connected: Callable[[], socket.socket]
) -> None:
    """Take all connections; no worker ends, and none logs an error."""
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connected())
        assert seconds_of_a_request(server, listener) < SECONDS
    assert server.is_up()
    log = server.log()
    assert "Traceback" not in log
    assert "Worker (pid" not in log

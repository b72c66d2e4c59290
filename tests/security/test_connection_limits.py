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
    response_on,
    seconds_of_a_request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(connect(small_server, listener))
            connection.sendall(HEALTH)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert seconds_of_a_request(small_server, listener) < SECONDS
    assert_is_the_same_worker_ready(small_server)


@pytest.mark.parametrize("listener", LISTENERS)
def test_silent_connections_give_their_place_to_new_ones(
    small_server: Server, listener: Listener
) -> None:
    """No byte was sent: over TLS the handshake has not begun."""
    port = small_server.port if listener == "http" else small_server.tls_port
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        assert seconds_of_a_request(small_server, listener) < SECONDS
    assert_is_the_same_worker_ready(small_server)


def test_half_handshakes_give_their_place_to_new_ones(small_server: Server) -> None:
    """The beginning of a TLS record, and then nothing."""
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = socket.create_connection(("127.0.0.1", small_server.tls_port), timeout=30)
            stack.enter_context(connection).sendall(b"\x16\x03\x01\x02\x00\x01")
        assert seconds_of_a_request(small_server, "tls") < SECONDS
    assert_is_the_same_worker_ready(small_server)


@pytest.mark.parametrize("listener", LISTENERS)
def test_unfinished_requests_give_their_place_to_new_ones(
    small_server: Server, listener: Listener
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(connect(small_server, listener))
            with suppress(OSError):
                connection.sendall(UNFINISHED_BODY)
        assert seconds_of_a_request(small_server, listener) < SECONDS
    assert_is_the_same_worker_ready(small_server)


@pytest.mark.parametrize("listener", LISTENERS)
def test_under_pressure_responses_close_their_connections(
    small_server: Server, listener: Listener
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(connect(small_server, listener))
        connection.sendall(HEALTH)
        assert b"\r\nConnection: close\r\n" in response_on(connection)


def assert_is_the_same_worker_ready(server: Server) -> None:
    """No worker ended, and none logged an error."""
    assert server.is_up()
    log = server.log()
    assert "Traceback" not in log
    assert "Worker (pid" not in log

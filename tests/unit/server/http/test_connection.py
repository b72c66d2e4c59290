"""One connection: phases, and sending without waiting."""

from __future__ import annotations

import math
import socket
from typing import TYPE_CHECKING

import pytest

from broker.server.http.admission import Phase
from broker.server.http.connection import Connection
from broker.server.http.parsing import RequestParser

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection and its client."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        sock, address = listening.accept()
        sock.settimeout(0)
        with sock:
            yield (
                Connection(
                    peer=str(address[0]),
                    phase=Phase.IDLE,
                    since=0.0,
                    sock=sock,
                    address=address,
                    parser=RequestParser(100),
                    fd=sock.fileno(),
                    deadline=math.inf,
                ),
                client,
            )


def test_it_sends_what_fits_and_returns_the_rest(ends: tuple[Connection, socket.socket]) -> None:
    connection, client = ends
    data = bytes(range(256)) * 100_000
    left = connection.send(memoryview(data))
    assert 0 < len(left) < len(data)
    received = bytearray()
    while len(received) < len(data):
        received += client.recv(1_000_000)
        left = connection.send(left)
    assert received == data
    assert not left


def test_it_tells_the_client_that_nothing_follows(ends: tuple[Connection, socket.socket]) -> None:
    connection, client = ends
    connection.end_output()
    assert client.recv(1) == b""
    client.sendall(b"ignored")


def test_a_phase_has_a_deadline(ends: tuple[Connection, socket.socket]) -> None:
    connection, _ = ends
    connection.enter(Phase.RECEIVING, 100.0, 10.0)
    assert (connection.phase, connection.since, connection.deadline) == (Phase.RECEIVING, 100, 110)
    connection.enter(Phase.SERVING, 105.0)
    assert connection.deadline == math.inf


def test_its_environment_names_the_client(ends: tuple[Connection, socket.socket]) -> None:
    connection, client = ends
    environ = connection.environ("http")
    assert environ["REMOTE_PORT"] == str(client.getsockname()[1])
    assert connection.environ("http") is environ

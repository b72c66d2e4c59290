"""Connections are distributed evenly over the workers and stay so (0025, 0031)."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.operations.load import new_key, open_connection, token_call
from tests.operations.processes import await_that, needs_proc
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPConnection
    from pathlib import Path

    from tests.operations.load import Call, Listener

CROWD = 10

pytestmark = [
    needs_proc,
    pytest.mark.skipif(sys.platform != "linux", reason="workers share one socket elsewhere"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two workers."""
    with Server(tmp_path, workers=2) as running:
        yield running


def test_every_worker_gets_connections(server: Server) -> None:
    """Otherwise one worker does the work of all (decision 0025)."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(server, "http")) for _ in range(32)]
        await_that(lambda: len(workers_of(server, "http")) == len(connections), "all of them")
        assert len(set(workers_of(server, "http").values())) == 2


@pytest.mark.parametrize("listener", ["http", "tls"])
def test_clients_of_a_crowded_worker_come_to_the_other_one(
    server: Server, listener: Listener
) -> None:
    """No request fails, although one worker served all connections at first (decision 0031)."""
    call, stop = token_call(new_key(server)), threading.Event()
    with ExitStack() as stack:
        crowd = connections_of_one_worker(server, listener, stack)
        assert max(Counter(workers_of(server, listener).values()).values()) == CROWD
        clients = [Repeating(connection, call, stop) for connection in crowd]
        for client in clients:
            client.start()
        try:
            await_that(lambda: is_fair(server, listener), "the share of the other worker")
        finally:
            stop.set()
            for client in clients:
                client.join()
    assert {status for client in clients for status in client.statuses} == {200}


class Repeating(threading.Thread):
    """Repeats one request over a connection that is kept open while the server allows it."""

    def __init__(self, connection: HTTPConnection, call: Call, stop: threading.Event) -> None:
        super().__init__()
        self.statuses: set[int] = set()
        self._connection = connection
        self._call = call
        self._stop_sending = stop

    def run(self) -> None:
        """Send until stopped."""
        call = self._call
        while not self._stop_sending.is_set():
            self._connection.request(call.method, call.path, call.body, call.headers)
            response = self._connection.getresponse()
            response.read()
            self.statuses.add(response.status)


def connected(server: Server, listener: Listener) -> closing[HTTPConnection]:
    """Return a connection that the caller closes."""
    connection = open_connection(server, listener)
    connection.connect()
    return closing(connection)


def connections_of_one_worker(
    server: Server, listener: Listener, stack: ExitStack
) -> list[HTTPConnection]:
    """Return CROWD connections of one worker; there are no other connections."""
    found: dict[int, list[HTTPConnection]] = {}
    while max(map(len, found.values()), default=0) < CROWD:
        connection = stack.enter_context(connected(server, listener))
        port = connection.sock.getsockname()[1]
        await_that(partial(is_served, server, listener, port), "a connection")
        found.setdefault(workers_of(server, listener)[port], []).append(connection)
    crowd = max(found.values(), key=len)
    for connection in (each for those in found.values() for each in those):
        if connection not in crowd:
            connection.close()
    await_that(lambda: len(workers_of(server, listener)) == CROWD, "no other connections")
    return crowd


def is_served(server: Server, listener: Listener, port: int) -> bool:
    """Return whether a worker has accepted the connection of this client's port."""
    return port in workers_of(server, listener)


def is_fair(server: Server, listener: Listener) -> bool:
    """Return whether no worker has more than one connection above its half."""
    shares = Counter(workers_of(server, listener).values())
    return max(shares.values(), default=CROWD) <= CROWD / 2 + 1


def workers_of(server: Server, listener: Listener) -> dict[int, int]:
    """Return the worker that serves each connection, by its client's port."""
    own = server.port if listener == "http" else server.tls_port
    return {
        each.raddr[1]: each.pid
        for each in psutil.net_connections("tcp")
        if each.pid and each.status == "ESTABLISHED" and each.laddr[1] == own
    }

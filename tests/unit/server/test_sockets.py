"""Sockets that share a port among workers, but not with other servers."""

from __future__ import annotations

import select
import socket
import sys
from contextlib import ExitStack, closing

import pytest

from broker.errors import ConfigurationError
from broker.server.sockets import listening_sockets
from tests.support.server import free_port

LOCAL = "127.0.0.1"


def test_connections_send_without_delay() -> None:
    """Otherwise the second part of a response waits for the ACK of the first one."""
    [listening] = listening_sockets(LOCAL, free_port(), "PORT", 1)
    with (
        closing(listening),
        socket.create_connection(listening.getsockname()),
        closing(listening.accept()[0]) as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_connections_are_distributed() -> None:
    port = free_port()
    with ExitStack() as stack:
        opened = [stack.enter_context(each) for each in listening_sockets(LOCAL, port, "PORT", 3)]
        for _ in range(64):
            stack.enter_context(socket.create_connection((LOCAL, port)))
        # Only Linux distributes them among sockets; elsewhere one socket gets all.
        assert len(opened) == (3 if sys.platform == "linux" else 1)
        assert select.select(opened, [], [], 0)[0] == opened


@pytest.mark.parametrize("theirs", [1, 2])
@pytest.mark.parametrize("ours", [1, 2])
def test_the_port_of_another_server_is_not_shared(theirs: int, ours: int) -> None:
    port = free_port()
    with ExitStack() as stack:
        for each in listening_sockets(LOCAL, port, "PORT", theirs):
            stack.enter_context(each)
        with pytest.raises(ConfigurationError, match=f"PORT: {port} is in use by another process"):
            listening_sockets(LOCAL, port, "PORT", ours)


def test_an_address_of_another_host_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"PORT: \d+ cannot be used on 192\.0\.2\.1"):
        listening_sockets("192.0.2.1", free_port(), "PORT", 2)

"""The listening sockets, opened by the supervisor (decisions 0008 and 0025)."""

from __future__ import annotations

import errno
import socket
import sys

from broker.errors import ConfigurationError

BACKLOG = 1024


def listening_sockets(host: str, port: int, variable: str, number: int) -> list[socket.socket]:
    """Open ``number`` sockets on one port, among which the kernel distributes connections.

    Returns one socket where the kernel does not support that. Raises ConfigurationError, naming
    the environment variable of the port, if the port cannot be used.
    """
    try:
        if number == 1 or sys.platform != "linux":
            return [_listening(host, port)]
        # SO_REUSEPORT would also share another server's port: bind without it first.
        _bound(host, port).close()
        return [_listening(host, port, socket.SO_REUSEPORT) for _ in range(number)]
    except OSError as error:
        reason = (
            "is in use by another process; stop it or choose another port"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used on {host} ({error.strerror})"
        )
        raise ConfigurationError(f"{variable}: {port} {reason}") from error


def _listening(host: str, port: int, *options: int) -> socket.socket:
    listening = _bound(host, port, *options)
    try:
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _bound(host: str, port: int, *options: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    for option in (socket.SO_REUSEADDR, *options):
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
    # Connections inherit it. Without it a response in two parts waits 40 ms for the client's ACK.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound

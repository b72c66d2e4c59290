"""Graceful shutdown: responses close their connections before the listeners stop (D-21).

The supervisor holds the write end of a pipe, the lifeline; all its child processes hold the read
end. When the supervisor closes the lifeline, draining starts: each response closes its connection.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import sys
import threading
import time

LIFELINE_VARIABLE = "XSUAA_LIFELINE_FD"

NOTICE_SECONDS = 0.5
"""How long responses close kept-alive connections before new connections are refused."""

_ARRIVAL_SECONDS = 0.3
"""How long clients that have just connected may take to send their requests."""

_QUEUE_SECONDS = 1.0
_POLL_SECONDS = 0.01

_draining = threading.Event()


def watch_lifeline() -> None:
    """Start a thread that detects the start of draining; without a lifeline, do nothing."""
    lifeline = os.environ.get(LIFELINE_VARIABLE)
    if lifeline is not None:
        watch = threading.Thread(target=_watch, args=(int(lifeline),), daemon=True)
        watch.start()


def is_draining() -> bool:
    """Return whether the server is draining."""
    return _draining.is_set()


def wait_for_draining(seconds: float) -> bool:
    """Wait at most ``seconds`` for draining to start; return whether it has."""
    return _draining.wait(seconds)


def _watch(lifeline: int) -> None:
    poll = select.poll()
    poll.register(lifeline, select.POLLHUP)
    poll.poll()
    _draining.set()


def refuse_new_connections(sockets: list[socket.socket]) -> None:
    """Drop new connection requests and wait until the accept queues are empty; Linux only.

    Closing a socket resets the connections in its accept queue, and their requests are lost.
    Therefore SYN packets are dropped first, connected clients get time to send a request, and the
    queues run empty before the sockets close. A client whose SYN was dropped retransmits it after
    a second and is refused.

    A kernel may deny socket filters to unprivileged users. Then the backlog is set to its minimum,
    and only connections between the last check and the close are reset.
    """
    if sys.platform != "linux":
        return
    for listening in sockets:
        try:
            _drop_connection_requests(listening)
        except PermissionError:
            listening.listen(0)
    time.sleep(_ARRIVAL_SECONDS)
    give_up = time.monotonic() + _QUEUE_SECONDS
    while any(map(_queue_length, sockets)) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)


def _drop_connection_requests(listening: socket.socket) -> None:
    # A classic BPF program on the TCP header: packets with SYN and without ACK are dropped, so that
    # open handshakes can complete.
    syn, syn_or_ack = 0x02, 0x12
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (0x30, 0, 0, 13),  # load the flags byte
            (0x54, 0, 0, syn_or_ack),  # keep SYN and ACK
            (0x15, 0, 1, syn),  # SYN alone?
            (0x06, 0, 0, 0),  # drop
            (0x06, 0, 0, 0xFFFFFFFF),  # pass
        )
    )
    buffer = ctypes.create_string_buffer(program)
    filter_program = struct.pack("HL", len(program) // 8, ctypes.addressof(buffer))
    so_attach_filter = 26
    listening.setsockopt(socket.SOL_SOCKET, so_attach_filter, filter_program)


def _queue_length(listening: socket.socket) -> int:
    # For a listening socket the kernel reports the length of the accept queue as tcpi_unacked.
    tcpi_unacked = 24
    info = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    length: int = struct.unpack_from("I", info, tcpi_unacked)[0]
    return length

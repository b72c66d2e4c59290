"""Clients that send requests and never read the responses."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from broker.server.http.admission import Admission, Occupant, Phase
from broker.server.http.event_loop import EventLoop
from broker.server.http.options import Options

if TYPE_CHECKING:
    from broker.server.http.service import Respond

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
LIMIT = 8


def _serve(_: dict[str, Any], respond: Respond) -> None:
    Thread(target=respond, args=(200, [], b"x" * 8_000_000)).start()


def test_clients_that_do_not_read_keep_no_other_out() -> None:
    """Their connections give way like idle ones; otherwise a few block a worker for 30 s."""
    ends, wakeup = Event(), os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as stack:
        loop = EventLoop(listening, Options(1000, 60, LIMIT), _serve, lambda: None, lambda _: None)
        thread = Thread(target=loop.run, args=(wakeup[0], lambda: not ends.is_set(), 10.0))
        thread.start()
        try:
            for _ in range(LIMIT):
                slow = stack.enter_context(socket.create_connection(listening.getsockname()))
                slow.sendall(GET)
            honest = stack.enter_context(socket.create_connection(listening.getsockname(), 10))
            honest.sendall(GET)
            received = b""
            with suppress(TimeoutError):
                received = honest.recv(12)
            assert received == b"HTTP/1.1 200"
        finally:
            stack.close()
            ends.set()
            os.write(wakeup[1], b"x")
            thread.join()
            for each in wakeup:
                os.close(each)


def test_a_response_that_has_just_begun_is_not_ended() -> None:
    new, slow = (Occupant("a", Phase.SENDING, since) for since in (99.5, 98.0))
    admission = Admission(2)
    for _ in range(2):
        admission.opened("a")
    assert admission.victims([new, slow], 100.0) == [slow]
    assert admission.victims([new], 100.0) == []

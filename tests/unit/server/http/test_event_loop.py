"""The event loop over real sockets: what clients get, whatever they send and when (D-51)."""

from __future__ import annotations

import errno
import os
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from broker.server.http import event_loop, held_bytes
from broker.server.http.event_loop import EventLoop
from broker.server.http.held_bytes import HeldBytes
from broker.server.http.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.server.http.service import Respond

GET = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
LARGE = 8_000_000


class Application:
    """Responds with the path, in a thread of its own, when it is allowed to."""

    def __init__(self) -> None:
        self.may_respond = threading.Event()
        self.may_respond.set()
        self.flushes = 0

    def serve(self, environ: dict[str, Any], respond: Respond) -> None:
        threading.Thread(target=self._respond, args=(environ, respond), daemon=True).start()

    def flush(self) -> None:
        self.flushes += 1

    def _respond(self, environ: dict[str, Any], respond: Respond) -> None:
        self.may_respond.wait()
        path = environ["PATH_INFO"]
        body = b"x" * LARGE if path == "/large" else path.encode() + environ["wsgi.input"].read()
        headers = [("X", "a\nb")] if path == "/broken" else []
        respond(204 if path == "/nothing" else 200, headers, body)


class Running:
    """An event loop in a thread."""

    def __init__(self, listening: Any, connections: int = 50, seconds: float = 60) -> None:
        self.application = Application()
        self.events: list[str] = []
        self.loop = EventLoop(
            listening,
            Options(1000, seconds, connections),
            self.application.serve,
            self.application.flush,
            self.events.append,
        )
        self.alive = True
        self._wakeup = os.pipe()
        self._thread = threading.Thread(
            target=self.loop.run, args=(self._wakeup[0], lambda: self.alive, 20.0)
        )
        self._thread.start()

    def stop(self) -> None:
        self.alive = False
        os.write(self._wakeup[1], b"x")
        self._thread.join()
        for end in self._wakeup:
            os.close(end)


@contextmanager
def running(listening: Any = None, **options: Any) -> Iterator[tuple[Running, Any]]:
    """A running loop, and a function that connects to it."""
    with socket.create_server(("127.0.0.1", 0)) as real, ExitStack() as stack:
        loop = Running(listening(real) if listening else real, **options)

        def connected() -> socket.socket:
            connection = socket.create_connection(real.getsockname(), timeout=60)
            return stack.enter_context(connection)

        try:
            yield loop, connected
        finally:
            loop.application.may_respond.set()
            stack.close()
            loop.stop()


def response_on(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return head and body of the next response."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        assert part, head
        head += part
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or b"0")
    body = b""
    while len(body) < length and (part := connection.recv(length - len(body))):
        body += part
    return head, body


def test_a_connection_serves_one_request_after_the_other() -> None:
    with running() as (loop, connect):
        connection = connect()
        for _ in range(3):
            connection.sendall(POST)
            head, body = response_on(connection)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body == b"/postabc"
        assert loop.application.flushes


def test_pipelined_requests_are_answered_in_order() -> None:
    with running() as (_, connect):
        connection = connect()
        connection.sendall(b"".join(GET % b"%d" % number for number in range(20)))
        assert [response_on(connection)[1] for _ in range(20)] == [
            b"/%d" % number for number in range(20)
        ]


def test_a_request_that_arrives_while_another_is_served_is_not_lost() -> None:
    with running() as (loop, connect):
        connections = [connect() for _ in range(20)]
        for number in range(100):
            loop.application.may_respond.clear()
            for connection in connections:
                connection.sendall(GET % b"first")
            for connection in connections[number % 2 :: 2]:
                connection.sendall(GET % b"second")
            loop.application.may_respond.set()
            for connection in connections:
                assert response_on(connection)[1] == b"/first"
            for connection in connections[number % 2 :: 2]:
                assert response_on(connection)[1] == b"/second"


def test_a_half_closed_client_gets_its_response() -> None:
    with running() as (loop, connect):
        loop.application.may_respond.clear()
        connection = connect()
        connection.sendall(GET % b"a")
        connection.shutdown(socket.SHUT_WR)
        loop.application.may_respond.set()
        assert response_on(connection)[1] == b"/a"
        assert connection.recv(1) == b""


def test_a_slow_reader_gets_a_large_response() -> None:
    with running() as (_, connect):
        slow, other = connect(), connect()
        slow.sendall(GET % b"large" + GET % b"next")
        other.sendall(GET % b"a")
        assert response_on(other)[1] == b"/a"
        assert len(response_on(slow)[1]) == LARGE
        assert response_on(slow)[1] == b"/next"


def test_a_status_without_a_body_and_head_have_none() -> None:
    with running() as (_, connect):
        connection = connect()
        connection.sendall(GET % b"nothing" + b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + GET % b"b")
        assert response_on(connection)[0].startswith(b"HTTP/1.1 204 ")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert b"Content-Length: 2" in head
        assert response_on(connection)[1] == b"/b"


def test_a_response_with_a_line_break_in_a_header_is_a_500() -> None:
    with running() as (_, connect), capture_logs() as entries:
        connection = connect()
        connection.sendall(GET % b"broken")
        assert response_on(connection)[0].startswith(b"HTTP/1.1 500 ")
        assert connection.recv(1) == b""
    assert [entry["event"] for entry in entries] == ["invalid response"]


def test_a_client_is_told_to_continue() -> None:
    with running() as (_, connect):
        connection = connect()
        head, _, body = POST.partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert response_on(connection)[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert response_on(connection)[1] == b"/postabc"


def test_the_response_to_a_body_that_is_too_long_arrives() -> None:
    """Although the client is still sending."""
    with running() as (_, connect):
        connection = connect()
        connection.sendall(POST.replace(b"3", b"1000000") + b"x" * 999_997)
        assert response_on(connection)[0].startswith(b"HTTP/1.1 200 ")
        assert connection.recv(1) == b""


def test_a_malformed_request_is_refused_after_the_ones_before() -> None:
    with running() as (_, connect):
        first, second = connect(), connect()
        first.sendall(b"nonsense\r\n\r\n")
        assert response_on(first)[0].startswith(b"HTTP/1.1 400 ")
        second.sendall(GET % b"a" + b"nonsense\r\n\r\n")
        assert response_on(second)[1] == b"/a"
        assert second.recv(1) == b""


def test_a_request_has_one_deadline() -> None:
    with running(seconds=0.2) as (loop, connect):
        connection = connect()
        connection.sendall(POST[:-1])
        head, body = response_on(connection)
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"0.2 s after its first byte" in body
    assert loop.events == ["request_timeout"]


def test_idle_connections_give_their_place_to_new_ones() -> None:
    with running(connections=10) as (_, connect), capture_logs() as entries:
        for number in range(40):
            connection = connect()
            connection.sendall(GET % b"%d" % number)
            assert response_on(connection)[1] == b"/%d" % number
    assert [entry["event"] for entry in entries] == ["connection limit reached"]


def test_a_connection_that_is_served_keeps_its_place() -> None:
    with running(connections=4) as (loop, connect):
        loop.application.may_respond.clear()
        served = [connect() for _ in range(4)]
        for connection in served:
            connection.sendall(GET % b"served")
        waiting = connect()
        waiting.sendall(GET % b"waiting")
        loop.application.may_respond.set()
        for connection in served:
            assert response_on(connection)[1] == b"/served"
        assert response_on(waiting)[1] == b"/waiting"


def test_unfinished_requests_have_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that holds most is refused."""
    monkeypatch.setattr(event_loop, "HeldBytes", lambda: HeldBytes(1000))
    with running() as (_, connect):
        small, large = connect(), connect()
        small.sendall(POST.replace(b"3", b"900") + b"x" * 100)
        large.sendall(POST.replace(b"3", b"1000") + b"x" * 900)
        assert response_on(large)[0].startswith(b"HTTP/1.1 503 ")
        small.sendall(b"x" * 797)
        assert response_on(small)[0].startswith(b"HTTP/1.1 200 ")


def test_requests_that_wait_for_a_thread_have_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_loop, "HeldBytes", lambda: HeldBytes(1500))
    for module in (event_loop, held_bytes):
        monkeypatch.setattr(module, "SMALL_BYTES", 100)
    sent = POST.replace(b"3", b"900") + b"x" * 897
    with running() as (loop, connect):
        loop.application.may_respond.clear()
        served, refused = connect(), connect()
        served.sendall(sent)
        while not loop.application.flushes:
            pass
        refused.sendall(sent)
        assert response_on(refused)[0].startswith(b"HTTP/1.1 503 ")
        loop.application.may_respond.set()
        assert response_on(served)[0].startswith(b"HTTP/1.1 200 ")
        # The memory is released just after the response was sent.
        while not accepted(connect(), sent):
            pass


def accepted(client: socket.socket, sent: bytes) -> bool:
    client.sendall(sent)
    return response_on(client)[0].startswith(b"HTTP/1.1 200 ")


class OutOfFiles:
    """A listening socket whose first calls of accept fail."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.failures = 3

    def accept(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._real.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_lack_of_files_is_survived_and_logged_once() -> None:
    with running(OutOfFiles) as (_, connect), capture_logs() as entries:
        connection = connect()
        connection.sendall(GET % b"a")
        assert response_on(connection)[1] == b"/a"
    assert [entry["event"] for entry in entries] == ["out of file descriptors or memory"]


def test_requests_are_completed_before_the_loop_ends() -> None:
    with running() as (loop, connect):
        loop.application.may_respond.clear()
        connection = connect()
        connection.sendall(POST)
        stopping = threading.Thread(target=loop.stop)
        while loop.application.flushes < 2:
            pass
        stopping.start()
        loop.application.may_respond.set()
        assert response_on(connection)[1] == b"/postabc"
        connection.close()
        stopping.join()
        loop.stop = lambda: None  # type: ignore[method-assign]  # it has ended

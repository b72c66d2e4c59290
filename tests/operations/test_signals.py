"""A clean shutdown loses no request; a killed process is replaced or ends the server."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.operations.load import (
    Client,
    Listener,
    PartialRequest,
    open_connection,
    platform_calls,
    status_of,
    token_call,
    token_calls,
)
from tests.operations.processes import (
    await_that,
    family_of,
    needs_proc,
    nothing_is_left_of,
    processes_of,
    starting,
)
from tests.support.application import Credentials
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.processes import Process

pytestmark = needs_proc

LISTENERS: tuple[Listener, ...] = ("http", "tls")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    with Server(tmp_path) as running:
        yield running


@pytest.fixture
def credentials(server: Server) -> Credentials:
    """Credentials of a binding."""
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


@pytest.mark.parametrize("kept_alive", [False, True], ids=["new", "kept-alive"])
@pytest.mark.parametrize("listener", LISTENERS)
def test_sigterm_under_load_loses_no_request(
    server: Server, credentials: Credentials, listener: Listener, *, kept_alive: bool
) -> None:
    """Earlier failed connections, as those of port probes, make no difference."""
    for garbage in [b"", b"GARBAGE\r\n\r\n", b"\x16\x03\x01"] * 20:
        port = server.port if listener == "http" else server.tls_port
        with socket.create_connection(("127.0.0.1", port), timeout=30) as probe:
            probe.sendall(garbage)
    calls = [token_calls(credentials) for _ in range(6)] + [platform_calls(server) for _ in (1, 2)]
    clients = [Client(server, listener, each, kept_alive=kept_alive) for each in calls]
    for client in clients:
        client.start()
    await_that(lambda: all(client.tally.answered > 20 for client in clients), "load on the server")
    server.terminate()
    status = server.wait()
    for client in clients:
        client.join()

    tallies = [client.tally for client in clients]
    assert [tally.broken_after for tally in tallies if tally.broken_after] == []
    assert [tally.wrong for tally in tallies if tally.wrong] == []
    assert [tally.broken_before for tally in tallies if tally.broken_before] == []
    assert all(tally.refused for tally in tallies)
    assert status == 0


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_started_request_is_completed_after_sigterm(
    server: Server, credentials: Credentials, listener: Listener
) -> None:
    with ExitStack() as stack:
        begun = [PartialRequest(server, listener, token_call(credentials)) for _ in range(4)]
        for request in begun:
            stack.enter_context(closing(request))
        time.sleep(0.5)  # all are accepted and read
        server.terminate()
        time.sleep(1)  # the server is stopping
        assert [request.finish() for request in begun] == [200] * len(begun)
    assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_after_an_orderly_end_nothing_is_left(
    server: Server, credentials: Credentials, number: signal.Signals
) -> None:
    with ExitStack() as stack:
        for listener in LISTENERS:  # idle clients delay no other client
            connection = stack.enter_context(closing(open_connection(server, listener)))
            call = token_call(credentials)
            connection.request(call.method, call.path, call.body, call.headers)
            assert connection.getresponse().read()
        os.kill(server.pid, number)
        assert server.wait() == 0
    assert nothing_is_left_of(server)


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_killed_worker_is_replaced(
    server: Server, credentials: Credentials, listener: Listener
) -> None:
    first = workers(server, listener)
    assert len(first) == 2
    for worker in sorted(first):
        others = workers(server, listener) - {worker}
        worker.kill()
        await_that(partial(is_whole_again, server, listener, others, count=2), "two workers")
        await_that(partial(issues_tokens, server, listener, credentials), "a token")
    assert workers(server, listener).isdisjoint(first)


@pytest.mark.parametrize("listener", LISTENERS)
def test_workers_killed_together_are_replaced(
    server: Server, credentials: Credentials, listener: Listener
) -> None:
    first = workers(server, listener)
    for worker in first:
        worker.kill()
    await_that(lambda: len(workers(server, listener) - first) == 2, "two new workers")
    await_that(lambda: issues_tokens(server, listener, credentials), "a token")


@pytest.mark.parametrize("listener", LISTENERS)
def test_workers_killed_again_and_again_are_replaced(
    server: Server, credentials: Credentials, listener: Listener
) -> None:
    for _ in range(3):  # all of them each time, before any is considered stable
        doomed = workers(server, listener)
        for worker in doomed:
            worker.kill()
        await_that(partial(are_others, server, listener, doomed, count=2), "two new workers")
    await_that(lambda: issues_tokens(server, listener, credentials), "a token")
    assert server.is_up()


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_killed_listener_ends_the_server(server: Server, listener: Listener) -> None:
    family = family_of(server)
    main = family.http if listener == "http" else family.tls
    assert main
    main.kill()
    assert server.wait() == 1
    assert f"The {listener} listener ended; stopping." in server.log()
    await_that(lambda: nothing_is_left_of(server), "the end of all processes")


def test_a_killed_supervisor_ends_all_processes(server: Server) -> None:
    server.kill()
    await_that(lambda: nothing_is_left_of(server), "the end of all processes")


def test_a_supervisor_killed_during_the_start_ends_all_processes(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.command("db", "upgrade")
    with starting(server) as process:
        await_that(lambda: len(processes_of(server)) > 2, "the listeners' processes")
        process.kill()
        process.wait()
        await_that(lambda: nothing_is_left_of(server), "the end of all processes")


def test_sigterm_during_the_start_is_an_orderly_end(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.command("db", "upgrade")
    with starting(server) as process:
        await_that(lambda: len(processes_of(server)) > 2, "the listeners' processes")
        process.terminate()
        assert process.wait(timeout=20) == 0
        await_that(lambda: nothing_is_left_of(server), "the end of all processes")


def workers(server: Server, listener: Listener) -> frozenset[Process]:
    """Return the worker processes of a listener."""
    family = family_of(server)
    return family.http_workers if listener == "http" else family.tls_workers


def is_whole_again(
    server: Server, listener: Listener, survivors: frozenset[Process], *, count: int
) -> bool:
    """Return whether a listener has all its workers, including the survivors."""
    now = workers(server, listener)
    return survivors < now and len(now) == count


def are_others(
    server: Server, listener: Listener, before: frozenset[Process], *, count: int
) -> bool:
    """Return whether a listener has all its workers and none of those before."""
    now = workers(server, listener)
    return now.isdisjoint(before) and len(now) == count


def issues_tokens(server: Server, listener: Listener, credentials: Credentials) -> bool:
    """Return whether each of several new connections gets a token."""
    call = token_call(credentials)
    try:
        return all(status_of(server, listener, call) == call.status for _ in range(10))
    except OSError:
        return False

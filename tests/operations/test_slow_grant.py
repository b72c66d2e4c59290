"""A blocking grant delays no other token request (D-50)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.operations.load import new_key, open_connection, status_of, token_call
from tests.operations.processes import await_that
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.load import Call, Listener

SLOW_GRANT = Path(__file__).parents[1] / "support" / "slow_grant"
SLOW = 4
"""The maximum of concurrently blocked requests: half of the request threads."""
ORDINARY = 30
CONNECTIONS = 3


@dataclass(frozen=True)
class Waiting:
    """A server of one worker per listener, with a grant that blocks until it is released."""

    server: Server
    inside_file: Path
    go_on_file: Path

    def inside(self) -> int:
        """Return how many requests are inside the grant."""
        return len(self.inside_file.read_text().splitlines())

    def go_on(self) -> None:
        """Release them."""
        self.go_on_file.touch()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    inside, go_on = tmp_path / "inside", tmp_path / "go-on"
    inside.touch()
    settings = {
        "PYTHONPATH": f"{SLOW_GRANT}:{ROOT}",
        "SLOW_GRANT_INSIDE_FILE": str(inside),
        "SLOW_GRANT_GO_ON_FILE": str(go_on),
        "XSUAA_THREADS": str(2 * SLOW),
    }
    with Server(tmp_path, workers=1, **settings) as server:
        yield Waiting(server, inside, go_on)


@pytest.mark.parametrize("listener", ["http", "tls"])
def test_a_grant_that_waits_delays_no_other_token_request(
    waiting: Waiting, listener: Listener
) -> None:
    """One worker serves both: the later request ends first."""
    server = waiting.server
    ordinary = token_call(new_key(server))
    slow = replace(ordinary, body="grant_type=password")
    with ThreadPoolExecutor(SLOW) as pool:
        running = [pool.submit(status_of, server, listener, slow) for _ in range(SLOW)]
        try:
            await_that(lambda: waiting.inside() == SLOW, "every slow request is in its grant")
            statuses = statuses_over_kept_connections(server, listener, ordinary)
            assert statuses == [200] * ORDINARY
            assert status_of(server, listener, slow) == 503
            assert not any(each.done() for each in running)
        finally:
            waiting.go_on()
        assert [each.result() for each in running] == [200] * SLOW
    assert waiting.inside() == SLOW


def statuses_over_kept_connections(server: Server, listener: Listener, call: Call) -> list[int]:
    """Repeat the call over each connection in turn; return the statuses."""
    statuses = list[int]()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(open_connection(server, listener)))
            for _ in range(CONNECTIONS)
        ]
        for connection in islice(cycle(connections), ORDINARY):
            connection.request(call.method, call.path, call.body, call.headers)
            response = connection.getresponse()
            assert "access_token" in json.loads(response.read())
            statuses.append(response.status)
    return statuses

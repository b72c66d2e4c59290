"""Continuous load on several hosts during maintenance."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from tests.operations.load import Client
from tests.operations.processes import await_that

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.load import Call
    from tests.support.hosts import Hosts


class Load:
    """Clients at the proxy until the block ends; every request must succeed."""

    def __init__(self, hosts: Hosts, calls: list[Iterator[Call]]) -> None:
        self._stopped = False
        self._clients = [
            Client(hosts, "http", self._until_stopped(each), kept_alive=False) for each in calls
        ]

    def _until_stopped(self, calls: Iterator[Call]) -> Iterator[Call]:
        for number, call in enumerate(calls):
            # Started sequences are completed: an instance with its binding takes four calls.
            if self._stopped and number % 4 == 0:
                return
            yield call
            time.sleep(0.05)  # leave CPU time for starting servers

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        await_that(lambda: all(c.tally.answered > 8 for c in self._clients), "load")
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        for client in self._clients:
            client.join()

    def answered(self) -> int:
        """Return how many requests returned the expected status."""
        return sum(client.tally.answered for client in self._clients)

    def problems(self) -> list[Any]:
        """Return everything that went wrong."""
        tallies = [client.tally for client in self._clients]
        return [t for t in tallies if t.wrong or t.broken_after or t.broken_before or t.refused]

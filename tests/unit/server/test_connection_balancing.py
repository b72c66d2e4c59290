"""Connection rebalancing: the worker that closes connections, and the time to balance."""

from __future__ import annotations

import os
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.server import connection_balancing
from broker.server.connection_balancing import ConnectionBalancer, Workers

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP_SECONDS = 0.01
"""The interval between turns of each worker."""


class Clock:
    """The monotonic clock of a test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test advances."""
    clock = Clock()
    monkeypatch.setattr(connection_balancing, "time", clock)
    return clock


def serve(
    clock: Clock, workers: Sequence[ConnectionBalancer], clients: list[int], seconds: float
) -> list[float]:
    """Let each worker serve its clients repeatedly; move closed connections to random workers.

    Return the times at which connections were closed.
    """
    closed_at = []
    for _ in range(round(seconds / STEP_SECONDS)):
        clock.now += STEP_SECONDS
        for number, worker in enumerate(workers):
            if clients[number] and worker.should_close_connection(clients[number]):
                clients[number] -= 1
                clients[random.randrange(len(clients))] += 1
                closed_at.append(clock.now)
    return closed_at


def team(number: int) -> list[ConnectionBalancer]:
    shared = Workers(number)
    return [ConnectionBalancer(shared, own) for own in range(number)]


@pytest.mark.parametrize(
    ("initial", "maximum"),
    [([16, 0], 9), ([13, 3], 9), ([4, 0], 3), ([20, 4, 4, 4], 9), ([3, 0, 0], 2)],
)
def test_clients_are_balanced_within_seconds(
    clock: Clock, initial: list[int], maximum: int
) -> None:
    clients = list(initial)
    serve(clock, team(len(initial)), clients, 20)
    assert max(clients) <= maximum


@pytest.mark.parametrize("initial", [[8, 8], [9, 7], [1, 0], [2, 0], [1, 1, 1, 0], [52, 48], [16]])
def test_a_balanced_load_closes_no_connection(clock: Clock, initial: list[int]) -> None:
    clients = list(initial)
    assert not serve(clock, team(len(initial)), clients, 20)


def test_connections_are_closed_one_by_one(clock: Clock) -> None:
    closed_at = serve(clock, team(2), [16, 0], 20)
    pauses = [later - earlier for earlier, later in pairwise(closed_at)]
    assert pauses
    assert min(pauses) >= connection_balancing._PAUSE_SECONDS - STEP_SECONDS / 2


def test_an_earlier_load_is_ignored_after_an_idle_time(clock: Clock) -> None:
    first, second = team(2)
    second.should_close_connection(20)
    idle_since = clock.now
    while not first.should_close_connection(8):
        clock.now += STEP_SECONDS
        assert clock.now < idle_since + 2
    assert clock.now > idle_since + 1 - STEP_SECONDS


@settings(max_examples=50)
@given(numbers=st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_the_share_is_the_average(numbers: list[int]) -> None:
    workers = Workers(len(numbers))
    for worker, number in enumerate(numbers):
        workers.note(worker, number, 5.0)
    assert workers.share(5.5) == pytest.approx(sum(numbers) / len(numbers))
    assert workers.share(6.5) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_numbers_are_shared_between_processes() -> None:
    workers = Workers(2)
    child = os.fork()
    if not child:
        workers.note(1, 6.0, 1.0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert workers.share(1.0) == 3.0

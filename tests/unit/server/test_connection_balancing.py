"""Which worker tells a client to connect anew, and how soon the clients are shared out fairly."""

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
"""How often each worker serves."""


class Clock:
    """The monotonic clock of a test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still by itself."""
    clock = Clock()
    monkeypatch.setattr(connection_balancing, "time", clock)
    return clock


def serve(
    clock: Clock, workers: Sequence[ConnectionBalancer], clients: list[int], seconds: float
) -> list[float]:
    """Let each worker serve its clients again and again; move those that it parts with by chance.

    Return the times at which one was.
    """
    parted = []
    for _ in range(round(seconds / STEP_SECONDS)):
        clock.now += STEP_SECONDS
        for number, worker in enumerate(workers):
            if clients[number] and worker.should_close_connection(clients[number]):
                clients[number] -= 1
                clients[random.randrange(len(clients))] += 1
                parted.append(clock.now)
    return parted


def team(number: int) -> list[ConnectionBalancer]:
    shared = Workers(number)
    return [ConnectionBalancer(shared, own) for own in range(number)]


@pytest.mark.parametrize(
    ("dealt", "most"), [([16, 0], 9), ([13, 3], 9), ([4, 0], 3), ([20, 4, 4, 4], 9), ([3, 0, 0], 2)]
)
def test_clients_are_shared_out_in_seconds(clock: Clock, dealt: list[int], most: int) -> None:
    clients = list(dealt)
    serve(clock, team(len(dealt)), clients, 20)
    assert max(clients) <= most


@pytest.mark.parametrize("dealt", [[8, 8], [9, 7], [1, 0], [2, 0], [1, 1, 1, 0], [52, 48], [16]])
def test_a_fair_share_is_left_alone(clock: Clock, dealt: list[int]) -> None:
    clients = list(dealt)
    assert not serve(clock, team(len(dealt)), clients, 20)


def test_clients_go_one_after_the_other(clock: Clock) -> None:
    parted = serve(clock, team(2), [16, 0], 20)
    pauses = [later - earlier for earlier, later in pairwise(parted)]
    assert pauses
    assert min(pauses) >= connection_balancing._PAUSE_SECONDS - STEP_SECONDS / 2


def test_a_worker_that_was_busy_once_is_not_taken_for_busy(clock: Clock) -> None:
    first, second = team(2)
    second.should_close_connection(20)
    silent_since = clock.now
    while not first.should_close_connection(8):
        clock.now += STEP_SECONDS
        assert clock.now < silent_since + 2
    assert clock.now > silent_since + 1 - STEP_SECONDS


@settings(max_examples=50)
@given(numbers=st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_the_share_is_the_average(numbers: list[int]) -> None:
    workers = Workers(len(numbers))
    for worker, number in enumerate(numbers):
        workers.note(worker, number, 5.0)
    assert workers.share(5.5) == pytest.approx(sum(numbers) / len(numbers))
    assert workers.share(6.5) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_what_one_process_notes_the_others_see() -> None:
    workers = Workers(2)
    child = os.fork()
    if not child:
        workers.note(1, 6.0, 1.0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert workers.share(1.0) == 3.0

"""One thread at a time, except while it waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.runtime.turn import Turn


def test_one_thread_holds_it_at_a_time() -> None:
    turn, holders, most = Turn(60), 0, 0

    def work(_: int) -> None:
        nonlocal holders, most
        with turn.held():
            holders += 1
            most = max(most, holders)
            threading.Event().wait(0.001)
            holders -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(40)))
    assert most == 1


def test_a_wait_leaves_it_to_another_thread() -> None:
    turn, arrived = Turn(60), threading.Event()

    def wait() -> bool:
        with turn.held(), turn.released():
            return arrived.wait(60)

    def work() -> None:
        with turn.held():
            arrived.set()

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(wait)
        threads.submit(work).result()
        assert waiting.result()


def test_a_holder_that_hangs_delays_others_only() -> None:
    turn, go_on = Turn(0.01), threading.Event()

    def hang() -> bool:
        with turn.held():
            return go_on.wait(60)

    def work() -> str:
        with turn.held(), turn.released():
            return "done"

    with ThreadPoolExecutor(2) as threads:
        hanging = threads.submit(hang)
        assert threads.submit(work).result() == "done"
        go_on.set()
        assert hanging.result()
    assert turn._semaphore._value == 1


def test_a_wait_outside_takes_nothing() -> None:
    turn = Turn(60)
    with turn.released():
        pass
    assert turn._semaphore._value == 1


def test_failures_leave_it_free() -> None:
    turn = Turn(60)
    for _ in range(2):
        with pytest.raises(KeyError), turn.held(), turn.released():
            raise KeyError
    with turn.held():
        assert turn._semaphore._value == 0
    assert turn._semaphore._value == 1


class Paused(Turn):
    """A turn with a clock of its own, which notes its pauses."""

    def __init__(self, seconds: float = 60) -> None:
        self.now = 100.0
        self.pauses: list[float] = []
        super().__init__(seconds, self.pauses.append, lambda: self.now)


def test_only_a_thread_within_pauses_while_token_requests_arrive() -> None:
    turn = Paused()
    with turn.held():
        turn.pause()
        assert not turn.pauses
        turn.record_tokens()
        with ThreadPoolExecutor(1) as another:
            another.submit(turn.pause).result()
        assert not turn.pauses
        turn.pause()
    assert len(turn.pauses) == 1
    turn.pause()
    assert len(turn.pauses) == 1


def test_a_thread_that_got_no_turn_pauses_as_well() -> None:
    turn = Paused(0.01)
    assert turn._semaphore.acquire()
    turn.record_tokens()
    with turn.held():
        turn.pause()
    assert len(turn.pauses) == 1


def test_pauses_end_after_the_last_token_request() -> None:
    turn = Paused()
    turn.record_tokens()
    with turn.held():
        turn.now += 0.01
        turn.pause()
        assert len(turn.pauses) == 1
        turn.now += 0.02
        turn.pause()
    assert len(turn.pauses) == 1

"""The slots of requests that may block: bounded, fair, and passed on (D-50)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.errors import Busy
from broker.runtime.slots import FairSlots


def held(slots: FairSlots, client_row_id: int = 1) -> bool:
    with slots.slot(client_row_id) as has_waited:
        return has_waited


def test_a_free_slot_needs_no_wait() -> None:
    slots = FairSlots(1, 0)
    assert [held(slots) for _ in range(3)] == [False] * 3


def test_requests_beyond_the_waiting_ones_are_refused_at_once() -> None:
    slots = FairSlots(1, 0, wait_seconds=3600)
    with slots.slot(1), pytest.raises(Busy), slots.slot(1):
        pytest.fail("a slot too many")
    assert not held(slots)


def test_a_request_waits_for_a_bounded_time_and_leaves_its_place() -> None:
    slots = FairSlots(1, 1, wait_seconds=0.01)
    with slots.slot(1):
        for _ in range(2):
            with pytest.raises(Busy):
                held(slots)
    assert not held(slots)


def test_sixteen_requests_at_once_succeed_in_four_slots() -> None:
    slots, barrier = FairSlots(4, 16, wait_seconds=60), threading.Barrier(16)
    lock, active, most = threading.Lock(), 0, 0

    def request(_: int) -> bool:
        nonlocal active, most
        barrier.wait()
        with slots.slot(1) as has_waited:
            with lock:
                active += 1
                most = max(most, active)
            together.wait(0.01)
            with lock:
                active -= 1
        return has_waited

    together = threading.Event()
    with ThreadPoolExecutor(16) as threads:
        waited = list(threads.map(request, range(16)))
    assert most <= 4
    assert not all(waited)
    assert not held(slots)


def test_one_client_leaves_places_to_others() -> None:
    slots = FairSlots(1, 4, wait_seconds=60)
    with ThreadPoolExecutor(4) as threads, slots.slot(1):
        waiting = [threads.submit(held, slots) for _ in range(3)]
        while len(slots._places) < 3:
            time.sleep(0.01)
        with pytest.raises(Busy):
            held(slots)
        other = threads.submit(held, slots, 2)
        while len(slots._places) < 4:
            time.sleep(0.01)
    assert [each.result() for each in (*waiting, other)] == [True] * 4


def test_a_failed_request_passes_its_slot_on() -> None:
    slots = FairSlots(1, 1, wait_seconds=60)
    entered, fail = threading.Event(), threading.Event()

    def request() -> None:
        with slots.slot(1):
            entered.set()
            fail.wait()
            raise ValueError

    with ThreadPoolExecutor(2) as threads:
        failing = threads.submit(request)
        entered.wait()
        waiting = threads.submit(held, slots)
        fail.set()
        assert isinstance(failing.exception(), ValueError)
        waiting.result()
    assert not held(slots)

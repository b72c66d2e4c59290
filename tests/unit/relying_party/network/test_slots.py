"""Concurrent requests to providers (D-51)."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from broker.errors import ProviderUnavailable
from broker.relying_party.network.slots import RequestSlots


def test_one_host_never_holds_all_slots() -> None:
    slots = RequestSlots(3, 0)
    with ExitStack() as held:
        held.enter_context(slots.holding("slow"))
        held.enter_context(slots.holding("slow"))
        with pytest.raises(ProviderUnavailable) as refused, slots.holding("slow"):
            pass
        assert refused.value.is_busy
        held.enter_context(slots.holding("other"))
        with pytest.raises(ProviderUnavailable), slots.holding("third"):
            pass
    with slots.holding("slow"), slots.holding("slow"):
        pass


def test_a_request_waits_for_a_slot() -> None:
    slots = RequestSlots(2, 1, max_wait=5)
    entered, release, done = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with slots.holding("a"):
            entered.set()
            release.wait(5)

    def wait() -> None:
        with slots.holding("a"):
            done.set()

    threads = [threading.Thread(target=hold), threading.Thread(target=wait)]
    threads[0].start()
    assert entered.wait(5)
    threads[1].start()
    assert not done.wait(0.05)
    release.set()
    assert done.wait(5)
    for each in threads:
        each.join()


def test_a_failed_request_frees_its_slot() -> None:
    slots = RequestSlots(1, 0)
    with pytest.raises(KeyError), slots.holding("a"):
        raise KeyError
    with slots.holding("a"):
        pass


def test_the_wait_ends() -> None:
    slots = RequestSlots(1, 1, max_wait=0.01)
    with slots.holding("a"), pytest.raises(ProviderUnavailable), slots.holding("b"):
        pass

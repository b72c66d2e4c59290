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
        held.enter_context(slots.holding("slow", "a"))
        held.enter_context(slots.holding("slow", "b"))
        with pytest.raises(ProviderUnavailable) as refused, slots.holding("slow", "c"):
            pass
        assert refused.value.is_busy
        held.enter_context(slots.holding("other", "c"))
        with pytest.raises(ProviderUnavailable), slots.holding("third", "d"):
            pass
    with slots.holding("slow", "a"), slots.holding("slow", "a"):
        pass


def test_hosts_of_one_zone_never_hold_all_slots() -> None:
    slots = RequestSlots(8, 0)
    with ExitStack() as held:
        for host in range(4):
            held.enter_context(slots.holding(f"slow-{host}", "a"))
        with pytest.raises(ProviderUnavailable), slots.holding("slow-4", "a"):
            pass
        for host in range(2):
            held.enter_context(slots.holding(f"slow-{host}", "b"))
        with pytest.raises(ProviderUnavailable), slots.holding("slow-4", "b"):
            pass
        held.enter_context(slots.holding("fast", "c"))


def test_a_request_waits_for_a_slot() -> None:
    slots = RequestSlots(2, 1, max_wait=5)
    entered, release, done = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with slots.holding("a", "zone"):
            entered.set()
            release.wait(5)

    def wait() -> None:
        with slots.holding("a", "zone"):
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
    with pytest.raises(KeyError), slots.holding("a", "zone"):
        raise KeyError
    with slots.holding("a", "zone"):
        pass


def test_the_wait_ends() -> None:
    slots = RequestSlots(1, 1, max_wait=0.01)
    with (
        slots.holding("a", "zone"),
        pytest.raises(ProviderUnavailable),
        slots.holding("b", "other"),
    ):
        pass

"""Look-ups of host names that do not end (TH-10)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.errors import ProviderUnavailable
from broker.relying_party.network.look_ups import LookUps

ADDRESSES = [(int(socket.AF_INET), "8.8.8.8")]


class Resolver:
    """Returns no addresses of hosts named ``slow`` until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.calls: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[int, str]]:
        """Return the addresses."""
        self.calls.append(host)
        if host.startswith("slow"):
            self.released.wait(30)
        return ADDRESSES


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    found = Resolver()
    yield found
    found.released.set()


def test_a_host_without_a_response_delays_no_other(resolver: Resolver) -> None:
    look_ups = LookUps(resolver, limit=2)
    for _ in range(4):
        with pytest.raises((TimeoutError, ProviderUnavailable)):
            look_ups.of("slow", 443, 0.01, "a")
    assert resolver.calls == ["slow"]
    assert look_ups.of("fast", 443, 5, "b") == ADDRESSES


def test_a_host_fails_at_once_while_its_look_up_lasts(resolver: Resolver) -> None:
    look_ups = LookUps(resolver)
    with pytest.raises(TimeoutError):
        look_ups.of("slow", 443, 0.01, "a")
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as refused:
        look_ups.of("slow", 443, 30, "b")
    assert time.monotonic() - began < 5
    assert not refused.value.is_busy
    resolver.released.set()
    for _ in range(100):
        try:
            assert look_ups.of("slow", 443, 5, "a") == ADDRESSES
        except ProviderUnavailable:
            time.sleep(0.01)
        else:
            return
    pytest.fail("refused")


def test_requests_share_a_look_up(resolver: Resolver) -> None:
    look_ups = LookUps(resolver)
    with ThreadPoolExecutor(3) as threads:
        found = [threads.submit(look_ups.of, "slow", 443, 20, "a") for _ in range(3)]
        time.sleep(0.1)
        resolver.released.set()
        assert [each.result() for each in found] == [ADDRESSES] * 3
    assert resolver.calls == ["slow"]


def test_hosts_of_one_zone_leave_look_ups_for_others(resolver: Resolver) -> None:
    look_ups = LookUps(resolver, limit=4)
    for host in range(2):
        with pytest.raises(TimeoutError):
            look_ups.of(f"slow-{host}", 443, 0.01, "a")
    with pytest.raises(ProviderUnavailable) as refused:
        look_ups.of("fast", 443, 5, "a")
    assert refused.value.is_busy
    assert look_ups.of("fast", 443, 5, "b") == ADDRESSES

"""The memory of requests that are not complete or not served."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

from broker.server.http.admission import Phase
from broker.server.http.held_bytes import HeldBytes
from broker.server.http.parsing import HttpRequest


def connection(phase: Phase = Phase.RECEIVING) -> Any:
    return Mock(phase=phase, held=0)


def complete(size: int) -> Any:
    parser = Mock(buffered=0, requests=[HttpRequest(body=bytes(size))])
    return Mock(phase=Phase.IDLE, held=0, parser=parser)


def test_the_connection_that_holds_most_is_refused_beyond_the_limit() -> None:
    held = HeldBytes(100)
    small, large, served = connection(), connection(), connection(Phase.SERVING)
    everyone = [small, large, served]
    held.set(small, 30)
    held.set(large, 60)
    assert held.excess(everyone) is None
    held.set(served, 90)
    assert held.total == 180
    assert held.excess(everyone) == large
    held.set(large, 0)
    assert held.excess(everyone) == small
    held.set(small, 0)
    held.set(served, 101)
    assert held.excess(everyone) is None


def test_complete_requests_count_until_they_are_served() -> None:
    held = HeldBytes(10_000)
    first, second = complete(6000), complete(6000)
    everyone = [first, second]
    assert held.admits(first, everyone)
    first.phase = Phase.SERVING
    assert not held.admits(second, everyone)
    first.phase = Phase.IDLE
    assert held.admits(second, everyone)
    assert held.total == 6000


def test_a_small_complete_request_is_always_served() -> None:
    held = HeldBytes(10_000)
    busy, small = connection(Phase.SERVING), complete(4000)
    held.set(busy, 20_000)
    held.set(small, 100)
    assert held.admits(small, [busy, small])
    assert held.total == 20_000

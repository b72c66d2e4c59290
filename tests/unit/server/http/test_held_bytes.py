"""The memory of requests that are not complete."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

from broker.server.http.admission import Phase
from broker.server.http.held_bytes import HeldBytes


def connection(phase: Phase = Phase.RECEIVING) -> Any:
    return Mock(phase=phase, held=0)


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

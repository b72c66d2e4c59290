"""The connections that are kept, and those that are ended (D-51)."""

from __future__ import annotations

import pytest

from broker.server.http.admission import Admission, Occupant, Phase, connection_limit

NOW = 1000.0


def admission(limit: int, *occupants: Occupant) -> Admission:
    counted = Admission(limit)
    for each in occupants:
        counted.opened(each.peer)
    return counted


@pytest.mark.parametrize(
    ("files", "threads", "limit"),
    [(400, 20, 276), (1024, 40, 840), (65_536, 40, 8_192), (10, 40, 16)],
)
def test_the_limit_leaves_files_for_the_rest(files: int, threads: int, limit: int) -> None:
    assert connection_limit(files, threads) == limit


def test_pressure_begins_at_four_fifths() -> None:
    counted = Admission(10)
    for number in range(10):
        assert counted.is_under_pressure == (number > 8)
        assert not counted.is_full
        counted.opened("a")
    assert counted.is_full
    for _ in range(10):
        counted.closed("a")
    assert not counted.is_under_pressure


def test_the_peer_with_most_loses_its_oldest_connection() -> None:
    few = Occupant("few", Phase.IDLE, NOW - 100)
    young, old = Occupant("many", Phase.IDLE, NOW - 1), Occupant("many", Phase.RECEIVING, NOW - 9)
    occupants = [few, young, old]
    assert admission(3, *occupants).victims(occupants, NOW) == [old]


def test_a_slow_handshake_goes_first_and_a_new_one_does_not() -> None:
    idle = [Occupant("many", Phase.IDLE, NOW - 100) for _ in range(2)]
    new = Occupant("few", Phase.HANDSHAKE, NOW - 0.5)
    slow = Occupant("few", Phase.HANDSHAKE, NOW - 2)
    occupants = [*idle, new]
    assert admission(4, *occupants).victims(occupants, NOW)[0] in idle
    assert admission(4, *occupants, slow).victims([*occupants, slow], NOW) == [slow]


def test_a_connection_that_ends_anyway_goes_before_all_others() -> None:
    slow = Occupant("many", Phase.HANDSHAKE, NOW - 9)
    closing = Occupant("few", Phase.CLOSING, NOW)
    assert admission(2, slow, closing).victims([slow, closing], NOW) == [closing]


def test_requests_that_are_served_are_never_ended() -> None:
    served = [Occupant("a", Phase.SERVING, NOW - 99), Occupant("a", Phase.SENDING, NOW - 0.5)]
    assert admission(2, *served).victims(served, NOW) == []


def test_of_a_large_limit_several_are_ended_at_once() -> None:
    occupants = [Occupant("a", Phase.IDLE, NOW - number) for number in range(640)]
    victims = admission(640, *occupants).victims(occupants, NOW)
    assert [NOW - each.since for each in victims] == [float(639 - number) for number in range(10)]


def test_idle_connections_end_under_pressure_only_and_until_it_is_over() -> None:
    occupants = [Occupant("a", Phase.IDLE, NOW - number) for number in range(20)]
    assert admission(30, *occupants).overdue(occupants, NOW) == []
    ended = admission(20, *occupants).overdue(occupants, NOW)
    assert [NOW - each.since for each in ended] == [19.0, 18.0, 17.0, 16.0]
    busy = [Occupant("a", Phase.SERVING, NOW - 99) for _ in range(20)]
    assert admission(20, *busy).overdue(busy, NOW) == []

"""The state of a signing key at a given time (D-16)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.tokens.key_state import (
    KeyState,
    in_use,
    is_retired,
    next_change,
    signing_at,
    state_of,
    waiting_at,
)
from broker.tokens.ports import StoredSigningKey
from tests.support.instances import START


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def key(kid: str, sign_from: int, retire_at: int | None = None) -> StoredSigningKey:
    until = None if retire_at is None else at(retire_at)
    return StoredSigningKey(kid, b"", "", at(0), at(sign_from), until)


FIRST, SECOND = key("first", 0, 30), key("second", 10)
KEYS = (FIRST, SECOND)


@pytest.mark.parametrize(
    ("seconds", "states"),
    [
        (0, (KeyState.SIGNING, KeyState.PUBLISHED)),
        (9, (KeyState.SIGNING, KeyState.PUBLISHED)),
        (10, (KeyState.VERIFYING, KeyState.SIGNING)),
        (29, (KeyState.VERIFYING, KeyState.SIGNING)),
        (30, (KeyState.RETIRED, KeyState.SIGNING)),
    ],
)
def test_the_states_follow_the_times(seconds: int, states: tuple[KeyState, ...]) -> None:
    assert tuple(state_of(each, KEYS, at(seconds)) for each in KEYS) == states


@pytest.mark.parametrize(("seconds", "change"), [(-1, 0), (0, 10), (10, 30), (30, None)])
def test_the_next_change_is_the_next_time_of_any_key(seconds: int, change: int | None) -> None:
    expected = None if change is None else at(change)
    assert next_change(KEYS, at(seconds)) == expected


def test_a_retired_key_neither_signs_nor_waits() -> None:
    gone = key("gone", 5, 5)
    assert is_retired(gone, at(5))
    assert not is_retired(gone, at(4))
    assert signing_at([gone], at(5)) is None
    assert waiting_at([key("never", 20, 5)], at(5)) is None
    assert in_use([gone, FIRST], at(5)) == [FIRST]


def test_the_next_of_several_waits() -> None:
    later = key("later", 20)
    assert waiting_at([later, SECOND], at(0)) == SECOND
    assert waiting_at([later, SECOND], at(10)) == later


def test_of_two_that_begin_together_one_signs_on_every_host() -> None:
    a, b = key("a", 0), key("b", 0)
    assert signing_at([a, b], at(0)) == signing_at([b, a], at(0)) == b


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 40)), max_size=5),
    st.integers(-1, 41),
)
def test_at_most_one_key_signs_and_it_has_begun(
    times: list[tuple[int, int | None]], seconds: int
) -> None:
    keys = [key(str(index), *each) for index, each in enumerate(times)]
    signing = [each for each in keys if state_of(each, keys, at(seconds)) is KeyState.SIGNING]
    assert len(signing) <= 1
    begun = [each for each in in_use(keys, at(seconds)) if each.sign_from <= at(seconds)]
    assert bool(signing) == bool(begun)
    assert all(each.sign_from == max(other.sign_from for other in begun) for each in signing)

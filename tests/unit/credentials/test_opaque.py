"""Opaque values and their digests (D-52)."""

from __future__ import annotations

from broker.credentials.opaque import Opaque
from tests.support.digest_keys import OLDEST, FixedDigestKeys

KEYS = FixedDigestKeys()
VALUE = Opaque.new()
DIGEST = VALUE.digest(OLDEST, "refresh_token", 5, "sb-app!t1")


def test_a_value_is_found_by_its_text() -> None:
    assert Opaque.parse(str(VALUE)) == VALUE
    assert str(VALUE) != str(Opaque.new())


def test_other_texts_are_no_value() -> None:
    value = str(VALUE)
    for text in ("", "x", value[:-1], value + "x", value.upper(), "a.b", value + "\n", "." * 10**6):
        assert Opaque.parse(text) is None


def test_the_value_does_not_appear_in_logs() -> None:
    assert VALUE.secret not in repr(VALUE)


def test_a_digest_matches_its_value_and_owner_only() -> None:
    assert VALUE.matches(DIGEST, OLDEST.id, KEYS, "refresh_token", 5, "sb-app!t1")
    assert not VALUE.matches(DIGEST, 99, KEYS, "refresh_token", 5, "sb-app!t1")
    assert not VALUE.matches(DIGEST, OLDEST.id, KEYS, "refresh_token", 6, "sb-app!t1")
    assert not VALUE.matches(DIGEST, OLDEST.id, KEYS, "refresh_token", 5, "sb-app!t2")
    assert not VALUE.matches(DIGEST, OLDEST.id, KEYS, "passcode", 5, "sb-app!t1")
    assert not Opaque(VALUE.lookup, Opaque.new().secret).matches(
        DIGEST, OLDEST.id, KEYS, "refresh_token", 5, "sb-app!t1"
    )
    other_key = VALUE.digest(KEYS.newest_digest_key(), "refresh_token", 5, "sb-app!t1")
    assert other_key != DIGEST


def test_a_successor_is_the_same_each_time() -> None:
    """I-115: for the same value and key, and found by its own text."""
    successor = VALUE.successor(OLDEST, "refresh token")
    assert successor == VALUE.successor(OLDEST, "refresh token")
    assert Opaque.parse(str(successor)) == successor
    others = {
        VALUE,
        VALUE.successor(OLDEST, "other"),
        VALUE.successor(KEYS.newest_digest_key(), "refresh token"),
        Opaque.new().successor(OLDEST, "refresh token"),
        Opaque(VALUE.lookup, Opaque.new().secret).successor(OLDEST, "refresh token"),
    }
    assert successor not in others
    assert len({each.lookup for each in others} | {successor.lookup}) == 6

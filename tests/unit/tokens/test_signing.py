"""Signing keys: published, signing, retired by the store's clock (D-16)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import ConfigurationError, StoreUnavailable
from broker.tokens import signing
from broker.tokens.key_state import next_change, signing_at, waiting_at
from broker.tokens.ports import StoredSigningKey
from broker.tokens.signing import KeyRing, SigningKey, new_signing_key

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = (
    replace(new_signing_key(), publish_at=time, sign_from=time)
    for time in (NOW - 10 * HOUR, NOW + HOUR)
)


class FixedStore:
    """A store whose keys and clock are set by the test."""

    def __init__(self, *keys: StoredSigningKey, ahead: timedelta = timedelta()) -> None:
        self.keys = list(keys)
        self.ahead = ahead
        self.loads = 0
        self.is_away = False
        self.hangs = threading.Event()
        self.hangs.set()

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        self.loads += 1
        self.hangs.wait()
        if self.is_away:
            raise StoreUnavailable("away")
        return datetime.now(UTC) + self.ahead, self.keys


def kids(ring: KeyRing) -> list[str]:
    return [key.stored.kid for key in ring.published()]


def test_a_key_is_published_before_it_signs() -> None:
    ring = KeyRing(FixedStore(FIRST, replace(SECOND, publish_at=NOW - HOUR)), 3600)
    assert kids(ring) == [FIRST.kid, SECOND.kid]
    assert ring.current().stored.kid == FIRST.kid


def test_a_key_that_is_not_published_yet_is_invisible() -> None:
    assert kids(KeyRing(FixedStore(FIRST, SECOND), 3600)) == [FIRST.kid]


def test_a_clock_set_back_behind_the_first_key_leaves_it_in_use() -> None:
    """With SQLite, the database's clock is that of the host."""
    ring = KeyRing(FixedStore(FIRST, ahead=-24 * HOUR), 3600)
    assert ring.current().stored.kid == FIRST.kid
    assert kids(ring) == [FIRST.kid]


def test_the_newest_key_that_may_sign_does() -> None:
    newer = replace(SECOND, publish_at=NOW - 2 * HOUR, sign_from=NOW - HOUR)
    ring = KeyRing(FixedStore(FIRST, newer), 3600)
    assert ring.current().stored.kid == newer.kid


def test_the_next_key_signs_in_time_without_reading_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = [0.0]
    monkeypatch.setattr(signing, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    soon = datetime.now(UTC) + HOUR / 2
    store = FixedStore(FIRST, replace(SECOND, publish_at=NOW - HOUR, sign_from=soon))
    ring = KeyRing(store, 3600)
    found = []
    for passed[0] in (0.0, 1700.0, 1799.0, 1801.0, 3500.0):
        key, now = ring.current_and_time()
        found.append((key.stored.kid, now >= soon))
    assert found == [(FIRST.kid, False)] * 3 + [(SECOND.kid, True)] * 2
    assert store.loads == 1


@given(
    hours=st.lists(
        st.tuples(st.integers(-9, 9), st.none() | st.integers(-9, 9)), min_size=1, max_size=5
    ),
    # Closer to 1 a float is rounded to the microsecond of the change itself.
    part=st.floats(0, 0.999_999),
)
def test_between_two_changes_the_same_key_signs(
    hours: list[tuple[int, int | None]], part: float
) -> None:
    keys = [
        replace(
            FIRST,
            kid=str(number),
            sign_from=NOW + signs * HOUR,
            retire_at=None if retires is None else NOW + retires * HOUR,
        )
        for number, (signs, retires) in enumerate(hours)
    ]
    change = next_change(keys, NOW)
    later = NOW + part * ((change or NOW + 99 * HOUR) - NOW)
    assert change is None or change > NOW
    assert signing_at(keys, later) is signing_at(keys, NOW)
    assert waiting_at(keys, later) is waiting_at(keys, NOW)


def test_a_retired_key_is_gone() -> None:
    newer = replace(SECOND, publish_at=NOW - 2 * HOUR, sign_from=NOW - HOUR)
    ring = KeyRing(FixedStore(replace(FIRST, retire_at=NOW), newer), 3600)
    assert kids(ring) == [newer.kid]


def test_the_store_s_clock_decides_and_not_this_machine_s() -> None:
    ring = KeyRing(FixedStore(FIRST, SECOND, ahead=2 * HOUR), 3600)
    assert ring.current().stored.kid == SECOND.kid


def test_keys_of_other_hosts_are_found_and_parsed_keys_kept() -> None:
    store = FixedStore(FIRST)
    ring = KeyRing(store, 0)
    parsed = ring.current().private_key
    store.keys.append(replace(SECOND, publish_at=NOW))
    assert kids(ring) == [FIRST.kid, SECOND.kid]
    assert ring.current().private_key is parsed
    assert store.loads > 1


def test_the_ring_returns_the_store_s_time() -> None:
    """D-16: the times in a token do not depend on the signing host."""
    for ahead in (timedelta(), -2 * HOUR, 2 * HOUR):
        ring = KeyRing(FixedStore(FIRST, ahead=ahead), 3600)
        assert abs(ring.now() - datetime.now(UTC) - ahead) < timedelta(minutes=1)


def test_known_keys_are_used_for_a_while_without_the_store() -> None:
    store = FixedStore(FIRST)
    patient, strict = KeyRing(store, 0, usable_for=3600), KeyRing(store, 0)
    assert kids(patient) == kids(strict) == [FIRST.kid]
    store.is_away = True
    assert kids(patient) == [FIRST.kid]
    assert patient.current().stored.kid == FIRST.kid
    with pytest.raises(StoreUnavailable):
        strict.published()
    loads = store.loads
    assert kids(patient) == [FIRST.kid]
    assert store.loads == loads  # queried again only after a while


def test_a_store_that_hangs_keeps_one_caller_waiting_and_no_other() -> None:
    store = FixedStore(FIRST)
    ring = KeyRing(store, 0, usable_for=3600)
    assert kids(ring) == [FIRST.kid]
    store.hangs.clear()
    with ThreadPoolExecutor(2) as callers:
        waiting = callers.submit(kids, ring)
        while store.loads < 2:
            time.sleep(0.001)
        assert kids(ring) == [FIRST.kid]
        assert not waiting.done()
        store.hangs.set()
        assert waiting.result() == [FIRST.kid]


def test_a_ring_that_was_never_loaded_has_no_keys() -> None:
    store = FixedStore(FIRST)
    store.is_away = True
    with pytest.raises(StoreUnavailable):
        KeyRing(store, 3600, usable_for=3600).current()


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(ConfigurationError, match="no signing key"):
        KeyRing(FixedStore(), 3600).current()


def test_a_token_names_its_key_and_verifies_with_either_form_of_it() -> None:
    key = KeyRing(FixedStore(FIRST), 3600).current()
    token = key.sign(b'{"sub":"x"}', "https://uaa.example.org/token_keys")
    assert jwt.get_unverified_header(token) == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": FIRST.kid,
        "jku": "https://uaa.example.org/token_keys",
    }
    assert set(key.jwk) == {"kty", "alg", "use", "kid", "n", "e", "value"}
    for public in (jwt.PyJWK(dict(key.jwk)), key.jwk["value"]):
        assert jwt.decode(token, public, algorithms=["RS256"]) == {"sub": "x"}


def test_only_what_a_published_key_has_signed_has_claims() -> None:
    ring = KeyRing(FixedStore(FIRST, SECOND), 3600)
    key, private = ring.current(), ring.current().private_key
    kid = {"kid": FIRST.kid}
    token = key.sign(b'{"sub":"x"}', "https://uaa.example.org/token_keys")
    assert ring.claims_of(token) == {"sub": "x"}
    assert ring.claims_of(jwt.encode({"sub": "y"}, private, "RS256", kid)) == {"sub": "y"}
    head, payload, signature = token.split(".")
    waiting = SigningKey.parse(SECOND).sign(b"{}", "https://uaa.example.org/token_keys")
    for other in (
        waiting,
        jwt.encode({"sub": "x"}, private, "RS256"),
        jwt.encode({"sub": "x"}, private, "RS512", kid),
        jwt.encode({"sub": "x"}, private, "PS256", kid),
        jwt.encode({"sub": "x"}, private, "RS256", {**kid, "crit": ["exp"]}),
        jwt.encode({"sub": "x"}, "", "none", kid),
        jwt.encode({"sub": "x"}, key.jwk["n"], "HS256", kid),
        f"{head}.{payload[:-1]}.{signature}",
        f"{head}.{payload}.{signature[:-4]}",
        f"{head}.{payload}.{signature}.",
        f"{payload}.{payload}.{signature}",
        "",
    ):
        with pytest.raises(ValueError, match=r"."):
            ring.claims_of(other)


def test_the_repr_of_keys_hides_them() -> None:
    ring = KeyRing(FixedStore(FIRST), 3600)
    assert "0x" in repr(FIRST)
    assert "0x" in repr(ring.current())

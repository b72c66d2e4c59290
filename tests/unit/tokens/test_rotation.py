"""Rotation of signing keys: signing, published and deleted keys at any time (D-16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import KeyChangeRefused
from broker.tokens.key_state import KeyState, in_use, signing_at, state_of
from broker.tokens.ports import StoredSigningKey
from broker.tokens.rotation import KeyRotation, RotationPolicy
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.tokens.ports import KeyDecision

START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = RotationPolicy(period=100 * HOUR, lead=10 * HOUR, retirement=24 * HOUR)


class Keys:
    """The signing keys of a store with a fake clock."""

    def __init__(self) -> None:
        self.now = START
        self.keys: list[StoredSigningKey] = []
        self.published_at: dict[str, datetime] = {}
        self._numbers = count()

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        return self.now, list(self.keys)

    def change(
        self, _action: str, _actor: Actor, decide: KeyDecision, _kid: str = ""
    ) -> list[StoredSigningKey]:
        after = decide(self.now, list(self.keys))
        self.keys = sorted(after, key=lambda key: (key.sign_from, key.kid))
        return after

    def make(self) -> StoredSigningKey:
        return StoredSigningKey(f"key-{next(self._numbers)}", b"", "", START, START, None)

    def rotation(self, policy: RotationPolicy = POLICY) -> KeyRotation:
        return KeyRotation(self, policy, self.make)

    def advance(self, time: timedelta) -> None:
        self.now += time

    def states(self) -> dict[str, KeyState]:
        return {key.kid: state_of(key, self.keys, self.now) for key in self.keys}

    def signing(self) -> str:
        key = signing_at(self.keys, self.now)
        assert key is not None
        return key.kid


@pytest.fixture
def keys() -> Keys:
    made = Keys()
    made.rotation().rotate_if_due()
    return made


def test_the_first_key_signs_at_once(keys: Keys) -> None:
    assert keys.states() == {"key-0": KeyState.SIGNING}


def test_the_lifetime_of_a_key_follows_the_settings(keys: Keys) -> None:
    rotate = keys.rotation().rotate_if_due
    keys.advance(89 * HOUR)
    assert rotate() is None
    keys.advance(HOUR)
    assert rotate() == "key-1"
    assert rotate() is None
    assert keys.states() == {"key-0": KeyState.SIGNING, "key-1": KeyState.PUBLISHED}
    keys.advance(10 * HOUR)
    assert keys.states() == {"key-0": KeyState.VERIFYING, "key-1": KeyState.SIGNING}
    keys.advance(24 * HOUR)
    assert keys.states() == {"key-0": KeyState.RETIRED, "key-1": KeyState.SIGNING}
    keys.advance(23 * HOUR)
    rotate()
    assert "key-0" in keys.states()
    keys.advance(HOUR)
    rotate()
    assert keys.states() == {"key-1": KeyState.SIGNING}


def test_without_a_period_keys_are_not_rotated(keys: Keys) -> None:
    keys.advance(10_000 * HOUR)
    assert keys.rotation(replace(POLICY, period=None)).rotate_if_due() is None


def test_a_server_that_slept_too_long_publishes_first_all_the_same(keys: Keys) -> None:
    keys.advance(10_000 * HOUR)
    keys.rotation().rotate_if_due()
    assert keys.states() == {"key-0": KeyState.SIGNING, "key-1": KeyState.PUBLISHED}


def test_an_operator_s_rotation_publishes_first(keys: Keys) -> None:
    key = keys.rotation().rotate(OPERATOR, force=False)
    assert key.sign_from == keys.now + POLICY.lead
    assert keys.signing() == "key-0"
    with pytest.raises(KeyChangeRefused, match=r"key-1 is already published.*--force"):
        keys.rotation().rotate(OPERATOR, force=False)


@pytest.mark.parametrize("was_waiting", [True, False])
def test_a_forced_rotation_signs_at_once(keys: Keys, was_waiting: bool) -> None:  # noqa: FBT001
    if was_waiting:
        keys.rotation().rotate(OPERATOR, force=False)
    forced = keys.rotation().rotate(OPERATOR, force=True)
    assert forced.sign_from == keys.now
    assert keys.signing() == forced.kid
    assert keys.states()["key-0"] is KeyState.VERIFYING
    assert len(keys.keys) == 2


def test_a_revoked_key_is_gone_and_another_one_signs(keys: Keys) -> None:
    keys.rotation().revoke(OPERATOR, "key-0")
    assert keys.states()["key-0"] is KeyState.RETIRED
    assert keys.signing() != "key-0"


def test_the_waiting_key_takes_over_from_a_revoked_one(keys: Keys) -> None:
    waiting = keys.rotation().rotate(OPERATOR, force=False)
    assert keys.rotation().revoke(OPERATOR, "key-0").kid == waiting.kid
    assert keys.states() == {"key-0": KeyState.RETIRED, waiting.kid: KeyState.SIGNING}


def test_a_waiting_key_can_be_revoked(keys: Keys) -> None:
    waiting = keys.rotation().rotate(OPERATOR, force=False)
    keys.rotation().revoke(OPERATOR, waiting.kid)
    keys.advance(10_000 * HOUR)
    assert keys.signing() == "key-0"


def test_only_keys_in_use_can_be_revoked(keys: Keys) -> None:
    keys.rotation().revoke(OPERATOR, "key-0")
    for kid in ("key-0", "nobody"):
        with pytest.raises(KeyChangeRefused, match="no signing key"):
            keys.rotation().revoke(OPERATOR, kid)


Step = st.one_of(
    st.integers(1, 60).map(lambda hours: ("advance", hours)),
    st.sampled_from([("tick", 0), ("rotate", 0), ("force", 0)]),
    st.integers(0, 5).map(lambda index: ("revoke", index)),
)


@given(st.lists(Step, max_size=40))
def test_there_is_always_one_key_to_sign_and_none_ends_before_its_tokens(
    steps: list[tuple[str, int]],
) -> None:
    keys = Keys()
    rotation = keys.rotation()
    rotation.rotate_if_due()
    last_signature: dict[str, datetime] = {}
    revoked: set[str] = set()
    for step, number in steps:
        if step == "advance":
            keys.advance(number * HOUR)
        elif step == "tick":
            rotation.rotate_if_due()
        elif step == "revoke":
            kid = sorted(key.kid for key in keys.keys)[number % len(keys.keys)]
            if keys.states()[kid] is not KeyState.RETIRED:
                rotation.revoke(OPERATOR, kid)
                revoked.add(kid)
        else:
            try:
                rotation.rotate(OPERATOR, force=step == "force")
            except KeyChangeRefused:
                assert KeyState.PUBLISHED in keys.states().values()
        signing = keys.signing()
        assert signing not in revoked
        last_signature[signing] = keys.now
        published = {key.kid for key in in_use(keys.keys, keys.now) if key.publish_at <= keys.now}
        for kid, signed in last_signature.items():
            if kid not in revoked and keys.now < signed + POLICY.retirement:
                assert kid in published

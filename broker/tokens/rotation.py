"""Rotation of the signing keys (D-16).

A key is first published, then signs, then only verifies, and is finally retired. Verifiers cache
the key set for up to half an hour and do not reload it for an unknown key, so a key must be
published that long before it signs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from broker.audit.actor import system_actor
from broker.audit.event import Action
from broker.errors import KeyChangeRefused
from broker.tokens.key_state import (
    KeyState,
    in_use,
    is_retired,
    signing_at,
    signing_order,
    state_of,
    waiting_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.audit.actor import Actor
    from broker.tokens.ports import SigningKeyChanges, StoredSigningKey

_KEPT_AFTER_RETIREMENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """When keys are rotated; without a ``period`` only on request.

    ``lead`` is the time between publication and first signature of a key, ``retirement`` the time
    between its last signature and its retirement.
    """

    period: timedelta | None
    lead: timedelta
    retirement: timedelta


def is_due(keys: Sequence[StoredSigningKey], policy: RotationPolicy, now: datetime) -> bool:
    """Return whether the next key is due to be published."""
    newest = max(in_use(keys, now), key=signing_order, default=None)
    if newest is None:
        return True
    return policy.period is not None and now >= newest.sign_from + policy.period - policy.lead


def with_next(
    keys: Sequence[StoredSigningKey],
    made: StoredSigningKey,
    policy: RotationPolicy,
    now: datetime,
    *,
    at_once: bool = False,
) -> list[StoredSigningKey]:
    """Return the keys with ``made`` published now and the retirement of the others set.

    With ``at_once`` it signs immediately; verifiers with a cached key set refuse its tokens until
    they reload.
    """
    begins_now = at_once or signing_at(keys, now) is None
    sign_from = now if begins_now else now + policy.lead
    fresh = replace(made, publish_at=now, sign_from=sign_from, retire_at=None)
    return [*_with_retirement(keys, sign_from + policy.retirement), fresh]


def with_waiting_key_signing(
    keys: Sequence[StoredSigningKey], waiting: StoredSigningKey, now: datetime
) -> list[StoredSigningKey]:
    """Return the keys with the waiting key signing immediately."""
    return [replace(key, sign_from=now) if key == waiting else key for key in keys]


def without(
    keys: Sequence[StoredSigningKey], kid: str, made: StoredSigningKey, now: datetime
) -> list[StoredSigningKey]:
    """Return the keys with ``kid`` retired now, and a successor if it was signing.

    The successor is the waiting key, or else ``made``.

    Raises KeyChangeRefused if no such key is in use.
    """
    target = next((key for key in in_use(keys, now) if key.kid == kid), None)
    if target is None:
        raise KeyChangeRefused(f'There is no signing key "{kid[:64]}" in use.')
    others = [key for key in keys if key != target]
    if target == signing_at(keys, now) and (waiting := waiting_at(others, now)):
        others = with_waiting_key_signing(others, waiting, now)
    elif signing_at(others, now) is None or target == signing_at(keys, now):
        others.append(replace(made, publish_at=now, sign_from=now))
    # The last key in signing order has no successor, so it has no retirement time.
    last = max(in_use(others, now), key=signing_order)
    kept = [replace(key, retire_at=None) if key == last else key for key in others]
    return [*kept, replace(target, retire_at=now)]


def without_long_retired(keys: Sequence[StoredSigningKey], now: datetime) -> list[StoredSigningKey]:
    """Return the keys without those retired at least a day ago."""
    return [key for key in keys if not is_retired(key, now - _KEPT_AFTER_RETIREMENT)]


def _with_retirement(keys: Sequence[StoredSigningKey], at: datetime) -> list[StoredSigningKey]:
    return [replace(key, retire_at=at) if key.retire_at is None else key for key in keys]


class KeyRotation:
    """Rotates the signing keys in the store, under one lock for all hosts."""

    def __init__(
        self,
        keys: SigningKeyChanges,
        policy: RotationPolicy,
        make: Callable[[], StoredSigningKey],
    ) -> None:
        """``make`` generates a key; it is slow and runs before the lock is acquired."""
        self._keys = keys
        self._policy = policy
        self._make = make

    def states(self) -> list[tuple[StoredSigningKey, KeyState]]:
        """Return all keys with their current states, in signing order."""
        now, keys = self._keys.load()
        return [(key, state_of(key, keys, now)) for key in keys]

    def rotate_if_due(self) -> str | None:
        """Publish the next key if it is due, and purge old ones; return the new key's id."""
        now, found = self._keys.load()
        due = is_due(found, self._policy, now)
        if not due and without_long_retired(found, now) == found:
            return None
        made = self._make() if due else None

        def decide(now: datetime, keys: Sequence[StoredSigningKey]) -> list[StoredSigningKey]:
            kept = without_long_retired(keys, now)
            # Another host may have rotated first.
            if made is None or not is_due(kept, self._policy, now):
                return kept
            return with_next(kept, made, self._policy, now)

        action = Action.ROTATE_SIGNING_KEY if due else Action.PURGE_SIGNING_KEYS
        after = self._keys.change(action, system_actor("signing-key-rotation"), decide)
        return made.kid if made and any(key.kid == made.kid for key in after) else None

    def rotate(self, actor: Actor, *, force: bool) -> StoredSigningKey:
        """Publish the next key and return it; with ``force`` it signs immediately.

        If a key is already waiting, ``force`` activates that key; without ``force`` raise
        KeyChangeRefused.
        """
        made = self._make()

        def decide(now: datetime, keys: Sequence[StoredSigningKey]) -> list[StoredSigningKey]:
            waiting = waiting_at(keys, now)
            if waiting is None:
                return with_next(keys, made, self._policy, now, at_once=force)
            if not force:
                raise KeyChangeRefused(
                    f"Key {waiting.kid} is already published and signs from"
                    f" {waiting.sign_from:%Y-%m-%d %H:%M:%S}Z; use --force to sign with it now."
                )
            return with_waiting_key_signing(keys, waiting, now)

        return max(self._keys.change(Action.ROTATE_SIGNING_KEY, actor, decide), key=signing_order)

    def revoke(self, actor: Actor, kid: str) -> StoredSigningKey:
        """Retire the key now, in any state; return the last other key in signing order."""
        made = self._make()
        after = self._keys.change(
            Action.REVOKE_SIGNING_KEY, actor, lambda now, keys: without(keys, kid, made, now), kid
        )
        return max((key for key in after if key.kid != kid), key=signing_order)

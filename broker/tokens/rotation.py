"""Rotation of the signing keys (D-16).

A key is published first, signs later, verifies on and is retired at the end. Verifiers keep the key
set for up to half an hour and do not look again for a key they miss, so the first step must last.
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
    state_of,
    turn,
    waiting_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.audit.actor import Actor
    from broker.tokens.ports import SigningKeyChanges, StoredSigningKey

_KEPT_AFTER_RETIREMENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """When keys take turns; no period means never by themselves.

    ``lead`` lies between the publication of a key and its first signature, ``retirement`` between
    the last signature and the end of a key.
    """

    period: timedelta | None
    lead: timedelta
    retirement: timedelta


def is_due(keys: Sequence[StoredSigningKey], policy: RotationPolicy, now: datetime) -> bool:
    """Tell whether it is time to publish the next key."""
    newest = max(in_use(keys, now), key=turn, default=None)
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
    """Return the keys with ``made`` published now, and the ends of the others set.

    ``at_once`` has it sign at once: who has kept the key set refuses its tokens for a while.
    """
    begins_now = at_once or signing_at(keys, now) is None
    sign_from = now if begins_now else now + policy.lead
    fresh = replace(made, publish_at=now, sign_from=sign_from, retire_at=None)
    return [*_ended(keys, sign_from + policy.retirement), fresh]


def with_waiting_key_signing(
    keys: Sequence[StoredSigningKey], waiting: StoredSigningKey, now: datetime
) -> list[StoredSigningKey]:
    """Return the keys with the published one signing at once."""
    return [replace(key, sign_from=now) if key == waiting else key for key in keys]


def without(
    keys: Sequence[StoredSigningKey], kid: str, made: StoredSigningKey, now: datetime
) -> list[StoredSigningKey]:
    """Return the keys with ``kid`` retired now; if it signed, the waiting key or ``made`` does.

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
    # The last in the row has nobody to hand over to.
    last = max(in_use(others, now), key=turn)
    kept = [replace(key, retire_at=None) if key == last else key for key in others]
    return [*kept, replace(target, retire_at=now)]


def without_long_retired(keys: Sequence[StoredSigningKey], now: datetime) -> list[StoredSigningKey]:
    """Return the keys but those that were retired a day ago or earlier."""
    return [key for key in keys if not is_retired(key, now - _KEPT_AFTER_RETIREMENT)]


def _ended(keys: Sequence[StoredSigningKey], at: datetime) -> list[StoredSigningKey]:
    return [replace(key, retire_at=at) if key.retire_at is None else key for key in keys]


class KeyRotation:
    """Changes the signing keys in the store, all hosts under one lock."""

    def __init__(
        self,
        keys: SigningKeyChanges,
        policy: RotationPolicy,
        make: Callable[[], StoredSigningKey],
    ) -> None:
        """``make`` generates a key; that takes long and happens before the lock is taken."""
        self._keys = keys
        self._policy = policy
        self._make = make

    def states(self) -> list[tuple[StoredSigningKey, KeyState]]:
        """Return all keys with what they do now, in the order in which they sign."""
        now, keys = self._keys.load()
        return [(key, state_of(key, keys, now)) for key in keys]

    def rotate_if_due(self) -> str | None:
        """Publish the next key if it is time, and forget old ones; return the new key's id."""
        now, found = self._keys.load()
        due = is_due(found, self._policy, now)
        if not due and without_long_retired(found, now) == found:
            return None
        made = self._make() if due else None

        def decide(now: datetime, keys: Sequence[StoredSigningKey]) -> list[StoredSigningKey]:
            kept = without_long_retired(keys, now)
            # Another host may have been faster.
            if made is None or not is_due(kept, self._policy, now):
                return kept
            return with_next(kept, made, self._policy, now)

        action = Action.ROTATE_SIGNING_KEY if due else Action.PURGE_SIGNING_KEYS
        after = self._keys.change(action, system_actor("signing-key-rotation"), decide)
        return made.kid if made and any(key.kid == made.kid for key in after) else None

    def rotate(self, actor: Actor, *, force: bool) -> StoredSigningKey:
        """Publish the next key; with ``force`` it, or the one that waits already, signs at once.

        Return that key. Raises KeyChangeRefused if a key is waiting and its turn is not forced.
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

        return max(self._keys.change(Action.ROTATE_SIGNING_KEY, actor, decide), key=turn)

    def revoke(self, actor: Actor, kid: str) -> StoredSigningKey:
        """Retire the key now, whatever it does; return the last key in the row."""
        made = self._make()
        after = self._keys.change(
            Action.REVOKE_SIGNING_KEY, actor, lambda now, keys: without(keys, kid, made, now), kid
        )
        return max((key for key in after if key.kid != kid), key=turn)

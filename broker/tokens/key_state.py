"""What a signing key does at a moment: it follows from its three times alone (D-16)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from broker.tokens.ports import StoredSigningKey


class KeyState(StrEnum):
    """The life of a key, in order."""

    PUBLISHED = "published"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"


def state_of(key: StoredSigningKey, keys: Iterable[StoredSigningKey], now: datetime) -> KeyState:
    """Return what the key, one of ``keys``, does now."""
    if is_retired(key, now):
        return KeyState.RETIRED
    if now < key.sign_from:
        return KeyState.PUBLISHED
    return KeyState.SIGNING if key == signing_at(keys, now) else KeyState.VERIFYING


def signing_at(keys: Iterable[StoredSigningKey], now: datetime) -> StoredSigningKey | None:
    """Return the key that signs: the last to begin of those that have begun and are not retired."""
    return max((key for key in in_use(keys, now) if key.sign_from <= now), key=turn, default=None)


def waiting_at(keys: Iterable[StoredSigningKey], now: datetime) -> StoredSigningKey | None:
    """Return the key that is published and the next to sign."""
    return min((key for key in in_use(keys, now) if now < key.sign_from), key=turn, default=None)


def next_change(keys: Iterable[StoredSigningKey], now: datetime) -> datetime | None:
    """Return when another key may sign than does now, None for never."""
    times = (time for key in keys for time in (key.sign_from, key.retire_at))
    return min((time for time in times if time is not None and now < time), default=None)


def in_use(keys: Iterable[StoredSigningKey], now: datetime) -> list[StoredSigningKey]:
    """Return the keys that are not retired."""
    return [key for key in keys if not is_retired(key, now)]


def is_retired(key: StoredSigningKey, now: datetime) -> bool:
    """Tell whether nothing signed with the key counts any more."""
    return key.retire_at is not None and key.retire_at <= now


def turn(key: StoredSigningKey) -> tuple[datetime, str]:
    """Return what puts keys in the order in which they sign; no two are alike."""
    return key.sign_from, key.kid

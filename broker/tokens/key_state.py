"""The state of a signing key, derived from its three times (D-16)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from broker.tokens.ports import StoredSigningKey


class KeyState(StrEnum):
    """The states of a key, in order."""

    PUBLISHED = "published"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"


def state_of(key: StoredSigningKey, keys: Iterable[StoredSigningKey], now: datetime) -> KeyState:
    """Return the current state of the key, one of ``keys``."""
    if is_retired(key, now):
        return KeyState.RETIRED
    if now < key.sign_from:
        return KeyState.PUBLISHED
    return KeyState.SIGNING if key == signing_at(keys, now) else KeyState.VERIFYING


def signing_at(keys: Iterable[StoredSigningKey], now: datetime) -> StoredSigningKey | None:
    """Return the key that signs: the latest ``sign_from`` that has passed, unless retired."""
    return max(
        (key for key in in_use(keys, now) if key.sign_from <= now), key=signing_order, default=None
    )


def waiting_at(keys: Iterable[StoredSigningKey], now: datetime) -> StoredSigningKey | None:
    """Return the published key that signs next."""
    return min(
        (key for key in in_use(keys, now) if now < key.sign_from), key=signing_order, default=None
    )


def next_change(keys: Iterable[StoredSigningKey], now: datetime) -> datetime | None:
    """Return when the signing key may change next, None for never."""
    times = (time for key in keys for time in (key.sign_from, key.retire_at))
    return min((time for time in times if time is not None and now < time), default=None)


def in_use(keys: Iterable[StoredSigningKey], now: datetime) -> list[StoredSigningKey]:
    """Return the keys that are not retired."""
    return [key for key in keys if not is_retired(key, now)]


def is_retired(key: StoredSigningKey, now: datetime) -> bool:
    """Return whether tokens signed with the key are no longer valid."""
    return key.retire_at is not None and key.retire_at <= now


def signing_order(key: StoredSigningKey) -> tuple[datetime, str]:
    """Return the unique sort key for the order in which keys sign."""
    return key.sign_from, key.kid

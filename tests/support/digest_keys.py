"""Digest keys without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.errors import IntegrityViolated

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FixedDigestKey:
    """A key that is the same in every test."""

    id: int
    secret: bytes
    is_owner_bound: bool = False


OLDEST: Final = FixedDigestKey(1, b"o" * 32)
NEWEST: Final = FixedDigestKey(2, b"n" * 32)


@dataclass(frozen=True)
class FixedDigestKeys:
    """Two keys, of which the newest digests new secrets and marks new tokens."""

    keys: Sequence[FixedDigestKey] = (NEWEST, OLDEST)

    def newest_digest_key(self) -> FixedDigestKey:
        """Return the key for new digests."""
        return self.keys[0]

    def digest_key(self, key_id: int) -> FixedDigestKey:
        """Return the key of a stored digest."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise IntegrityViolated(f"data key {key_id} does not exist")

    def token_key(self) -> FixedDigestKey:
        """Return the key that marks new tokens."""
        return self.keys[0]

    def digest_keys(self, *, again: bool = False) -> Sequence[FixedDigestKey]:
        """Return both, the newest first."""
        return self.keys

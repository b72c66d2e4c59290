"""The keys that authenticate forms and seal pending logins.

They follow from the digest keys of the database, which all hosts share: a new purpose of data keys
would stop servers of an older version beside this one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broker.credentials.digest import keyed_digest

if TYPE_CHECKING:
    from broker.credentials.digest import DigestKeys

_RELOAD_SECONDS = 5.0


@dataclass(slots=True)
class LoginKeys:
    """Derives keys for the purposes of this room."""

    digest_keys: DigestKeys
    _reloaded_at: float = field(default=float("-inf"), init=False)

    def newest(self, purpose: str) -> tuple[int, bytes]:
        """Return the id of the newest key and the key for a purpose, 32 bytes."""
        key = self.digest_keys.token_key()
        return key.id, keyed_digest(key.secret, "login v1", purpose)

    def numbered(self, key_id: int, purpose: str) -> bytes | None:
        """Return the key with this id for a purpose, None if there is none.

        Another host may have added it since: then the keys are loaded again, at most every five
        seconds, because clients choose the id.
        """
        found = self._find(key_id)
        if found is None and time.monotonic() - self._reloaded_at > _RELOAD_SECONDS:
            self._reloaded_at = time.monotonic()
            self.digest_keys.digest_keys(again=True)
            found = self._find(key_id)
        return None if found is None else keyed_digest(found, "login v1", purpose)

    def _find(self, key_id: int) -> bytes | None:
        keys = self.digest_keys.digest_keys()
        return next((each.secret for each in keys if each.id == key_id), None)

"""Opaque values such as refresh tokens and one-time links; the database stores keyed digests."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.digest import keyed_digest

if TYPE_CHECKING:
    from broker.credentials.digest import DigestKey, DigestKeys

_LOOKUP_BYTES = 12
_SECRET_BYTES = 32
_FORM = re.compile(r"([0-9a-f]{24})\.([A-Za-z0-9_\-]{43})")
_VERSION = "opaque v1"


@dataclass(frozen=True, slots=True, repr=False)
class Opaque:
    """A value ``<lookup>.<256 random bits>``: the first part finds the row."""

    lookup: str
    secret: str

    def __str__(self) -> str:
        return f"{self.lookup}.{self.secret}"

    @classmethod
    def new(cls) -> Opaque:
        """Return a fresh value."""
        return cls(secrets.token_hex(_LOOKUP_BYTES), secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Opaque | None:
        """Return the value, None if ``text`` has another form."""
        match = _FORM.fullmatch(text)
        return cls(match.group(1), match.group(2)) if match else None

    def digest(self, key: DigestKey, kind: str, *owner: str | int) -> bytes:
        """Return the digest for storage, 32 bytes.

        ``kind`` is the table, ``owner`` the ids that the value is bound to, such as the row ids of
        user and client (D-52): a digest moved to another row matches no value.
        """
        return keyed_digest(
            key.secret, _VERSION, kind, self.lookup, *map(str, owner), str(self.secret)
        )

    def matches(
        self, digest: bytes, key_id: int, keys: DigestKeys, kind: str, *owner: str | int
    ) -> bool:
        """Return whether ``digest`` is that of this value; the comparison takes constant time."""
        return hmac.compare_digest(self.digest(keys.digest_key(key_id), kind, *owner), digest)

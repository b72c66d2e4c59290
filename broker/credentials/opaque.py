"""Opaque values such as refresh tokens and one-time links; the database stores keyed digests."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from broker.credentials import base64url
from broker.credentials.digest import key_of_digest, keyed_digest

if TYPE_CHECKING:
    from broker.credentials.digest import DigestKey, DigestKeys

_LOOKUP_BYTES = 12
_SECRET_BYTES = 32
_FORM = re.compile(r"([0-9a-f]{24})\.([A-Za-z0-9_\-]{43})")
_VERSION = "opaque v1"
_SUCCESSOR_VERSION = "opaque successor v1"


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

    def successor(self, key: DigestKey, kind: str) -> Opaque:
        """Return the value that replaces this one: the same one for each call with ``key``.

        It follows from this value's secret, which the database does not contain, and from the key,
        which no client knows. So a repeated request receives the same value (I-115).
        """
        derived = partial(keyed_digest, key.secret, _SUCCESSOR_VERSION, kind, str(self))
        secret = base64url.encode(derived("secret"))
        return Opaque(derived("lookup").hex()[: 2 * _LOOKUP_BYTES], secret)

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
        key = key_of_digest(keys, key_id)
        return key is not None and hmac.compare_digest(self.digest(key, kind, *owner), digest)

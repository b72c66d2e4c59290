"""Basic authentication of platforms, in constant time (OSB-AUTH, D-35)."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_HEADER = 4096


@dataclass(frozen=True, slots=True, repr=False)
class Platform:
    """A platform with its user and its accepted passwords: the current and a previous one.

    ``reads_credentials``: whether it may read the credentials of bindings back (D-07).
    """

    name: str
    user: str
    passwords: tuple[str, ...]
    reads_credentials: bool = True


class PlatformAuthenticator:
    """Recognises platforms by their broker credentials."""

    def __init__(self, platforms: Sequence[Platform]) -> None:
        """Prepare the pairs for comparison as bytes."""
        self._pairs = [
            (platform, f"{platform.user}:{password}".encode())
            for platform in platforms
            for password in platform.passwords
        ]

    def platform_of(self, authorization: str | None) -> Platform | None:
        """Return the platform whose credentials the Authorization header holds, or None.

        Every pair is compared, each in constant time.
        """
        presented = _decoded(authorization or "")
        found = None
        for platform, expected in self._pairs:
            if hmac.compare_digest(presented, expected):
                found = platform
        return found


def _decoded(authorization: str) -> bytes:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _MAX_HEADER:
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""

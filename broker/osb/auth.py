"""Basic authentication of platforms, in constant time (OSB-AUTH, D-35, D-37)."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.errors import AuthenticationFailed, TooManyFailures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from broker.authentication.failure_limit import FailureLimit

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
    """Recognises platforms by their broker credentials, and limits failures per address."""

    def __init__(
        self,
        platforms: Sequence[Platform],
        limit: FailureLimit,
        address_of: Callable[[Mapping[str, Any]], str],
    ) -> None:
        """``address_of`` returns the client address of a WSGI environment."""
        self._limit = limit
        self._address_of = address_of
        self._pairs = [
            (platform, f"{platform.user}:{password}".encode())
            for platform in platforms
            for password in platform.passwords
        ]

    def authenticate(self, environ: Mapping[str, Any]) -> Platform:
        """Return the platform that sent the request.

        Raises AuthenticationFailed, or TooManyFailures in its place. Credentials are compared
        first: platforms may share an address with an attacker, such as that of a router, and
        correct credentials are never refused. A request without credentials is not a failure.
        """
        authorization = environ.get("HTTP_AUTHORIZATION")
        platform = self.platform_of(authorization)
        if platform is not None:
            return platform
        if authorization and (seconds := self._limit.failed(self._address_of(environ))):
            raise TooManyFailures(math.ceil(seconds))
        raise AuthenticationFailed("wrong broker credentials")

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

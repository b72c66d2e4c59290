"""The size of a client's token, as far as its descriptor determines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.compact_json import compact_json
from broker.descriptor.names import XSAPPNAME_PLACEHOLDER
from broker.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from broker.descriptor.model import Descriptor

MAX_TOKEN_BYTES = 16 * 1024
"""Servers and proxies accept no longer header."""

_SIGNATURE_BYTES = 342
"""Base64url of an RSA-2048 signature."""

_OTHER_BYTES = 480
"""The header and the claims with the shortest URLs and ids, before base64url."""


def too_large_authorities(descriptor: Descriptor, app_id: str) -> Iterator[Violation]:
    """Yield a violation if the client's own scopes cannot fit in one token.

    Scopes granted by other applications and names in URLs are unknown here and add to the size.
    """
    requested = set(descriptor.authorities)
    prefix = f"{XSAPPNAME_PLACEHOLDER}."
    scopes = [
        f"{app_id}.{scope.name.removeprefix(prefix)}"
        for scope in descriptor.scopes
        if scope.name in requested and scope.name.startswith(prefix)
    ]
    smallest = smallest_token(app_id, scopes)
    if smallest > MAX_TOKEN_BYTES:
        yield Violation(
            "authorities",
            f"{len(scopes)} scopes of {sum(map(len, scopes)):,} characters with {app_id} in place"
            f" of {XSAPPNAME_PLACEHOLDER}: a token with all of them has at least {smallest:,}"
            " bytes",
            f"scopes that fit in a token of {MAX_TOKEN_BYTES:,} bytes, which contains each twice",
        )


def smallest_token(app_id: str, scopes: Sequence[str]) -> int:
    """Return a lower bound in bytes for a token of the application's client with these scopes."""
    # The claims authorities and scope have the same value; sub, client_id, cid, azp and aud contain
    # the client id.
    claims = 2 * len(compact_json(scopes)) + 5 * len(f"sb-{app_id}") + _OTHER_BYTES
    return claims * 4 // 3 + _SIGNATURE_BYTES

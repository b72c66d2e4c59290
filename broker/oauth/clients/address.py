"""The client address of a request, as the outermost trusted proxy reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_LENGTH = 64


def address_of(environ: Mapping[str, Any], trusted_hops: int) -> str:
    """Return the peer's address, or the one that the outermost of the trusted proxies received.

    Each trusted proxy appends the address of its peer to ``X-Forwarded-For``; earlier entries are
    set by the client. Suitable for counting, not for access control: the plain HTTP server does not
    tell this header from one with underscores.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < trusted_hops <= len(forwarded) and (seen := forwarded[-trusted_hops].strip()):
        return str(seen[:_MAX_LENGTH])
    return environ.get("REMOTE_ADDR") or "unknown"

"""The address a request comes from, as the last trusted proxy saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 64


def address_of(environ: Mapping[str, Any], trusted_hops: int) -> str:
    """Return the peer's address, or with proxies in front the one that the outermost of them saw.

    Each trusted proxy appends to ``X-Forwarded-For`` whom it got the request from; what stands
    before those entries was written by clients. Good for counting, not for letting anybody in: the
    plain HTTP server lets a header with underscores pass for this one.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < trusted_hops <= len(forwarded) and (seen := forwarded[-trusted_hops].strip()):
        return str(seen[:_LONGEST])
    return environ.get("REMOTE_ADDR") or "unknown"

"""The address a request comes from, as the last trusted proxy saw it."""

from __future__ import annotations

from flask import request

_LONGEST = 64


def address_of_request(trusted_hops: int) -> str:
    """Return the peer's address, or with proxies in front the one that the outermost of them saw.

    Each trusted proxy appends to ``X-Forwarded-For`` whom it got the request from; what stands
    before those entries was written by clients. Good for counting, not for letting anybody in: the
    plain HTTP server lets a header with underscores pass for this one.
    """
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    if 0 < trusted_hops <= len(forwarded) and (seen := forwarded[-trusted_hops].strip()):
        return seen[:_LONGEST]
    return request.remote_addr or "unknown"

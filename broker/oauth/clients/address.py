"""The client address of a request, as the outermost trusted proxy reports it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_LENGTH = 64

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
"""``[v6]``, ``[v6]:port`` or ``v4:port``, as some proxies write it (RFC 7239 section 6)."""


def address_of(
    environ: Mapping[str, Any], trusted_hops: int, invalid: Callable[[], object] = lambda: None
) -> str:
    """Return the peer's address, or the one that the outermost of the trusted proxies received.

    Each trusted proxy appends the address of its peer to ``X-Forwarded-For``; earlier entries are
    set by the client. If the entry is missing or no IP address, the peer's address is returned;
    ``invalid`` is called for the latter.
    """
    peer = environ.get("REMOTE_ADDR") or "unknown"
    if trusted_hops == 0:
        return peer
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", trusted_hops)
    entry = forwarded[-trusted_hops].strip() if trusted_hops <= len(forwarded) else ""
    if not entry:
        return peer
    address = _ip_address(entry)
    if address is None:
        invalid()
        return peer
    return address


def _ip_address(entry: str) -> str | None:
    """Return the normalised IP address of an entry, None if it has none."""
    if len(entry) > _MAX_LENGTH:
        return None
    with_port = _WITH_PORT.fullmatch(entry)
    text = (with_port[1] or with_port[2]) if with_port else entry
    try:
        return str(ip_address(text))
    except ValueError:
        return None

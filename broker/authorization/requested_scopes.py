"""The request parameter ``scope``."""

from __future__ import annotations

import re

from broker.errors import GrantRefused

MAX_LENGTH = 65_536
"""Characters; no token has so many scopes, and splitting a longer text takes a second."""

_SEPARATORS = re.compile(r"[ ,]+")


def requested_scopes(text: str) -> tuple[str, ...]:
    """Return the scopes in order, without repetition.

    SAP's Node.js library joins a list with commas, so both separators are accepted (O-61). Raises
    GrantRefused for a text longer than ``MAX_LENGTH``.
    """
    if len(text) > MAX_LENGTH:
        raise GrantRefused(
            "invalid_scope", f"scope has {len(text)} characters; at most {MAX_LENGTH}"
        )
    return tuple(dict.fromkeys(part for part in _SEPARATORS.split(text) if part))


def shown(scope: str) -> str:
    """Return the scope for an error description, of at most 128 characters.

    RFC 6749 section 5.2 allows printable ASCII without quote and backslash.
    """
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", scope[:128])

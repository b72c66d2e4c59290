"""Identifiers: surrogate row ids, GUIDs, token ids."""

from __future__ import annotations

import random
import re
import secrets
import uuid

_CANONICAL_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMESPACE = uuid.UUID("5bd25a5c-9c5a-5d3a-8b7e-6f2f9d1c4e10")


def new_row_id() -> int:
    """Return a random positive 63-bit surrogate key.

    Random keys are known before the insert (envelopes and digests are bound to them, D-12, D-13),
    are never used twice (D-30) and do not reveal the number of rows.
    """
    return secrets.randbits(63) or 1


def is_canonical_guid(text: str) -> bool:
    """Return whether ``text`` is a GUID in lower-case canonical form."""
    return _CANONICAL_GUID.fullmatch(text) is not None


def name_based_guid(*parts: str) -> str:
    """Return the UUID version 5 of ``parts``: equal parts always give the same GUID."""
    # Length prefixes distinguish ("a", "bc") from ("ab", "c").
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return str(uuid.uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex()))


def guid_for(candidate: str, *parts: str) -> str:
    """Return ``candidate`` if it is a canonical GUID, else the GUID derived from ``parts``."""
    return candidate if is_canonical_guid(candidate) else name_based_guid(*parts)


def new_correlation_id() -> str:
    """Return a correlation id of 32 hexadecimal digits; it is predictable, not a secret."""
    return f"{random.getrandbits(128):032x}"


def new_token_id() -> str:
    """Return a fresh ``jti``: 32 lower-case hexadecimal digits, 128 random bits (H-45, O-135)."""
    return secrets.token_hex(16)

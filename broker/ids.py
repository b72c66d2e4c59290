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

    Random and not sequential, so that it is known before the insert (envelopes and digests are
    bound to it, D-12, D-13), is never used twice (D-30) and tells nobody how many rows there are.
    """
    return secrets.randbits(63) or 1


def is_canonical_guid(text: str) -> bool:
    """Tell whether ``text`` is a GUID in lower-case canonical form."""
    return _CANONICAL_GUID.fullmatch(text) is not None


def name_based_guid(*parts: str) -> str:
    """Return the GUID that belongs to ``parts``: the same parts give the same GUID, for ever."""
    # Length prefixes keep ("a", "bc") and ("ab", "c") apart.
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return str(uuid.uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex()))


def guid_for(candidate: str, *parts: str) -> str:
    """Return ``candidate`` if it is a GUID in canonical form, else the one made of ``parts``."""
    return candidate if is_canonical_guid(candidate) else name_based_guid(*parts)


def new_correlation_id() -> str:
    """Return 32 hexadecimal digits for what belongs together in a log; anybody could guess them."""
    return f"{random.getrandbits(128):032x}"


def new_token_id() -> str:
    """Return a fresh ``jti``: 32 lower-case hexadecimal digits, 128 random bits (H-45, O-135)."""
    return secrets.token_hex(16)

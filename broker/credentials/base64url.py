"""Base64url without padding (RFC 4648 section 5, RFC 7515 section 2)."""

from __future__ import annotations

import base64


def encode(content: bytes) -> str:
    """Return the text of the bytes: 4/3 of their number."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of the text; raise ValueError for another length.

    The caller checks the alphabet: other characters are ignored.
    """
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

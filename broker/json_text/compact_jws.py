"""The parts of a JSON Web Signature in compact serialisation (RFC 7515 section 7.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r"([A-Za-z0-9_\-]+)\.([A-Za-z0-9_\-]+)\.([A-Za-z0-9_\-]+)")


class CompactJws(NamedTuple):
    """The parts in base64url, not verified; ``signed`` is the text that the signature covers."""

    header: str
    payload: str
    signature: str
    signed: str


def split(text: str) -> CompactJws:
    """Return the parts of a text, whose length the caller has bounded; raise ValueError."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("not a JSON Web Signature")
    header, payload, signature = match.groups()
    return CompactJws(header, payload, signature, text[: match.end(2)])

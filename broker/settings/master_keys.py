"""The format of the setting XSUAA_MASTER_KEYS (D-12)."""

from __future__ import annotations

import base64
import binascii
import re

_MASTER_KEY_BYTES = 32


def parse_master_keys(text: str) -> dict[str, bytes]:
    """Parse ``id:base64,…`` into key id → 32 bytes in the order given; may raise ValueError."""
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        key_id, separator, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not separator or not re.fullmatch(r"[A-Za-z0-9_.\-]{1,32}", key_id) or key_id in keys:
            raise ValueError(
                "must be id:base64,… with unique ids of letters, digits, '_', '.', '-'"
            )
        if len(key) != _MASTER_KEY_BYTES:
            raise ValueError(f"key {key_id} must be exactly {_MASTER_KEY_BYTES} bytes in base64")
        keys[key_id] = key
    return keys

"""Tokens changed after they were signed."""

from __future__ import annotations

import base64
import json
from typing import Any


def with_claims(token: str, **claims: Any) -> str:
    """Return the token with other claims under the old signature."""
    return _changed(token, 1, claims)


def with_header(token: str, **members: Any) -> str:
    """Return the token with other members in its header."""
    return _changed(token, 0, members)


def with_another_signature(token: str) -> str:
    """Return the token with a signature that differs in its first bits."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _changed(token: str, index: int, members: dict[str, Any]) -> str:
    parts = token.split(".")
    padding = "=" * (-len(parts[index]) % 4)
    content = json.loads(base64.urlsafe_b64decode(parts[index] + padding)) | members
    encoded = base64.urlsafe_b64encode(json.dumps(content).encode())
    parts[index] = encoded.decode().rstrip("=")
    return ".".join(parts)

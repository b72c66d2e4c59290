"""Instance secrets: one per instance, the same in every binding."""

from __future__ import annotations

import base64
import secrets

from broker.credentials.kind import Secret
from broker.descriptor.model import CredentialType

LOOKUP = ""
"""An instance has at most one, so its row needs no lookup key (D-14)."""

_RANDOM_BYTES = 20


class InstanceSecret:
    """28 characters: base64 of 20 random bytes, without '+' and '/'."""

    type = CredentialType.INSTANCE_SECRET
    is_shared = True

    def mint(self, owner: str = "") -> Secret:  # noqa: ARG002 - belongs to no single binding
        """Return a secret without '+' and '/', which Basic and form clients corrupt (P12)."""
        while True:
            text = base64.b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()
            if "+" not in text and "/" not in text:
                return Secret(LOOKUP, text)

    def recognise(self, presented: str) -> str | None:
        """Return the only lookup key, or None for a secret of another type."""
        return None if "$" in presented else LOOKUP

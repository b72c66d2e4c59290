"""Instance secrets: one for the whole instance, the same in every binding."""

from __future__ import annotations

import base64
import secrets

from broker.credentials.kind import Secret
from broker.descriptor.model import CredentialType

LOOKUP = ""
"""An instance has at most one, so its row needs no further key (D-14)."""

_RANDOM_BYTES = 20


class InstanceSecret:
    """28 characters: base64 of 20 random bytes, without the characters that break clients."""

    type = CredentialType.INSTANCE_SECRET
    is_shared = True

    def mint(self, owner: str = "") -> Secret:  # noqa: ARG002 - belongs to no single binding
        """Draw until neither '+' nor '/' occurs: Basic and form clients mangle those (P12)."""
        while True:
            text = base64.b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()
            if "+" not in text and "/" not in text:
                return Secret(LOOKUP, text)

    def recognise(self, presented: str) -> str | None:
        """Return the instance's only lookup key, unless this is another type's secret."""
        return None if "$" in presented else LOOKUP

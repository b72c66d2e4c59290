"""Binding secrets: one per binding, looked up by their leading GUID."""

from __future__ import annotations

import base64
import re
import secrets

from broker.credentials.kind import Secret
from broker.descriptor.model import CredentialType

_RANDOM_BYTES = 32
_SHAPE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\$[A-Za-z0-9_-]{43}=")


class BindingSecret:
    """81 characters: a GUID, '$', and url-safe base64 of 32 random bytes."""

    type = CredentialType.BINDING_SECRET
    is_shared = False

    def mint(self, owner: str) -> Secret:
        """Return a new secret for the binding with the GUID ``owner``."""
        random = base64.urlsafe_b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()
        return Secret(owner, f"{owner}${random}")

    def recognise(self, presented: str) -> str | None:
        """Return the leading GUID if the text has the form of a binding secret."""
        match = _SHAPE.fullmatch(presented)
        return match.group(1) if match else None

"""The interface of credential types; each is implemented in a file of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from broker.descriptor.model import CredentialType


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret in clear text, with the lookup key of its row."""

    lookup: str
    text: str

    def __repr__(self) -> str:
        """Keep the secret out of logs and tracebacks."""
        return f"Secret(lookup={self.lookup!r})"


@dataclass(frozen=True, slots=True)
class CertificateCredential:
    """The stored properties of a certificate by which it is recognised.

    ``lookup`` is the thumbprint of a pinned certificate, or ``names`` if a renewed one with the
    same names may replace it. ``issuer_path`` is PEM of the certificates above, its issuer first;
    None for managed certificates.
    """

    lookup: str
    names: str
    not_before: datetime
    not_after: datetime
    issuer_path: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether only this very certificate is accepted."""
        return self.lookup != self.names


class SecretKind(Protocol):
    """A credential type that authenticates by a client secret."""

    @property
    def type(self) -> CredentialType:
        """The name in ``credential-types`` and in the payload."""

    @property
    def is_shared(self) -> bool:
        """Whether the secret belongs to the instance and is the same in all its bindings."""

    def mint(self, owner: str) -> Secret:
        """Return a new secret for ``owner``, the GUID of its binding; '' if shared."""

    def recognise(self, presented: str) -> str | None:
        """Return the lookup key of a presented secret, None if it is of another type."""

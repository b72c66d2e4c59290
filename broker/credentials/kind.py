"""What every credential type can do; each lives in one file of its own beside this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from broker.descriptor.model import CredentialType


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret in clear, with the key under which its row is found again."""

    lookup: str
    text: str

    def __repr__(self) -> str:
        """Refuse to print the secret."""
        return f"Secret(lookup={self.lookup!r})"


@dataclass(frozen=True, slots=True)
class CertificateCredential:
    """What is kept of a certificate in order to recognise it again.

    ``lookup`` is its thumbprint where exactly this certificate counts, or ``names`` where another
    one with the same names may take its place. ``issuer_path`` is PEM of the certificates above,
    its issuer first; None for those that we issued ourselves.
    """

    lookup: str
    names: str
    not_before: datetime
    not_after: datetime
    issuer_path: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether exactly this certificate counts."""
        return self.lookup != self.names


class SecretKind(Protocol):
    """A credential type whose proof is a client secret."""

    @property
    def type(self) -> CredentialType:
        """The name in ``credential-types`` and in the payload."""

    @property
    def is_shared(self) -> bool:
        """Whether one secret belongs to the instance, and all its bindings show it."""

    def mint(self, owner: str) -> Secret:
        """Make a new secret for ``owner``, the id that attributes it; '' when shared."""

    def recognise(self, presented: str) -> str | None:
        """Return the lookup key of a presented secret, or None if it has not this type's shape."""

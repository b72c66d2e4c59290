"""What every credential type can do; each lives in one file of its own beside this one."""

from __future__ import annotations

from dataclasses import dataclass
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


class SecretKind(Protocol):
    """A credential type whose proof is a client secret."""

    @property
    def type(self) -> CredentialType:
        """The name in ``credential-types`` and in the payload."""

    def mint(self, owner: str) -> Secret:
        """Make a new secret for ``owner``, the id that attributes it; '' when shared."""

    def recognise(self, presented: str) -> str | None:
        """Return the lookup key of a presented secret, or None if it has not this type's shape."""

"""Who is told what the token service decided: counts of use, and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authentication.client import AuthenticatedClient
    from broker.errors import AuthenticationFailed


class TokenObserver(Protocol):
    """Hears of each decision once, in the thread of the request; must be quick and never fail."""

    def accepted(self, client: AuthenticatedClient) -> None:
        """A client proved itself."""

    def refused(self, error: AuthenticationFailed) -> None:
        """A client did not; the error tells why, and which credential it tried."""

    def rejected(self, code: str) -> None:
        """A request failed with this RFC 6749 error code, whoever sent it."""

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """A token was issued."""


@dataclass(frozen=True, slots=True)
class Observers:
    """Several observers as one."""

    observers: Sequence[TokenObserver]

    def accepted(self, client: AuthenticatedClient) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.accepted(client)

    def refused(self, error: AuthenticationFailed) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.refused(error)

    def rejected(self, code: str) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.rejected(code)

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.issued(grant_type, client)

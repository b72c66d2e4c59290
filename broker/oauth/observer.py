"""Observers of the token service's decisions: usage counters and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authentication.client import AuthenticatedClient
    from broker.errors import AuthenticationFailed


class TokenObserver(Protocol):
    """Called once per decision in the thread of the request; must be fast and never raise."""

    def accepted(self, client: AuthenticatedClient) -> None:
        """Record that a client authenticated."""

    def refused(self, error: AuthenticationFailed) -> None:
        """Record a failed authentication; the error has the reason and the credential."""

    def rejected(self, code: str) -> None:
        """Record a request that failed with this RFC 6749 error code."""

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Record an issued token."""


@dataclass(frozen=True, slots=True)
class Observers:
    """Passes each decision to several observers."""

    observers: Sequence[TokenObserver]

    def accepted(self, client: AuthenticatedClient) -> None:
        """Pass the call to all observers."""
        for observer in self.observers:
            observer.accepted(client)

    def refused(self, error: AuthenticationFailed) -> None:
        """Pass the call to all observers."""
        for observer in self.observers:
            observer.refused(error)

    def rejected(self, code: str) -> None:
        """Pass the call to all observers."""
        for observer in self.observers:
            observer.rejected(code)

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Pass the call to all observers."""
        for observer in self.observers:
            observer.issued(grant_type, client)

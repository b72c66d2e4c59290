"""The consent of users to what applications request (I-99)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from broker.identity.user import User


@dataclass(frozen=True, slots=True)
class Consent:
    """The scopes to which a user has consented for an application, and when last."""

    client_row_id: int
    app_id: str
    scopes: tuple[str, ...]
    granted_at: datetime


class ConsentRepository(Protocol):
    """The consents of users, within a transaction."""

    def granted(self, user: User, client_row_id: int, /) -> frozenset[str]:
        """Return the scopes to which the user has consented for the client."""

    def grant(self, user: User, client_row_id: int, scopes: Collection[str], now: datetime) -> None:
        """Add these scopes to the consent."""

    def of_user(self, user: User) -> Sequence[Consent]:
        """Return the user's consents, ordered by application."""

    def withdraw(self, user: User, client_row_id: int) -> str | None:
        """Delete the consent, and end the client's codes and refresh tokens for the user.

        Return the application id, None if there is no consent.
        """


class WithConsents(Protocol):
    """A transaction that reads and writes consents."""

    @property
    def consents(self) -> ConsentRepository:
        """The repository of consents."""

"""What every grant type can do; each lives in one file of its own below ``grants``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.credentials.authenticate import AuthenticatedClient


@dataclass(frozen=True, slots=True, repr=False)
class IssuedToken:
    """A signed token and what the response says about it."""

    access_token: str
    token_id: str
    scopes: tuple[str, ...]
    expires_in: int

    def response(self) -> dict[str, Any]:
        """Return the body of the token response, in UAA's order (O-23)."""
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "scope": " ".join(self.scopes),
            "jti": self.token_id,
        }


class Grant(Protocol):
    """One value of ``grant_type``."""

    @property
    def grant_type(self) -> str:
        """The value on the wire."""

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        """Issue a token, or raise GrantRefused with an RFC 6749 error code."""

"""What every grant type can do; each lives in one file of its own below ``grants``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from broker.errors import GrantRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.tokens.signing import SigningKey


LONGEST_TOKEN = 16 * 1024
"""Bytes; servers and proxies accept no longer header."""

_LARGEST_NAMED = 3


class Subject(NamedTuple):
    """Whom a token is about: the client itself, or a user who acts through it."""

    client: AuthenticatedClient
    user_id: str | None = None

    @property
    def id(self) -> str:
        """The claim ``sub``."""
        return self.user_id or self.client.client.client_id


@dataclass(frozen=True, slots=True, repr=False)
class IssuedToken:
    """A signed token and what the response says about it."""

    subject: Subject
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


def _require_sendable(token: str, claims: bytes) -> None:
    """Raise GrantRefused, naming the largest claims, if no application could be sent the token."""
    if len(token) <= LONGEST_TOKEN:
        return
    sizes = {name: len(json.dumps(value)) for name, value in json.loads(claims).items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:_LARGEST_NAMED]
    raise GrantRefused(
        "invalid_request",
        f"The token would have {len(token)} bytes, the maximum is {LONGEST_TOKEN}; its largest"
        f" claims are {', '.join(largest)}. Request fewer scopes or send fewer attributes",
    )


@dataclass(frozen=True, slots=True, repr=False)
class PreparedToken:
    """A token that is decided about and not signed yet."""

    subject: Subject
    key: SigningKey
    keys_url: str
    claims: bytes
    token_id: str
    scopes: tuple[str, ...]
    expires_in: int

    def signed(self) -> IssuedToken:
        """Sign it; raise GrantRefused if it is too long to be sent."""
        token = self.key.sign(self.claims, self.keys_url)
        _require_sendable(token, self.claims)
        return IssuedToken(self.subject, token, self.token_id, self.scopes, self.expires_in)


class Grant(Protocol):
    """One value of ``grant_type``."""

    @property
    def grant_type(self) -> str:
        """The value on the wire, and of the claim."""

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        """Return a signed token, or raise GrantRefused with an RFC 6749 error code.

        A grant that writes does so in one transaction of its own, in which it also signs: a request
        that fails leaves nothing behind, and may be repeated. Keys and authorities are read before
        that transaction begins: each of them may need a connection of its own.
        """


class BatchableGrant(Grant, Protocol):
    """A grant that only reads, quickly: its tokens may be signed together with others (D-50)."""

    def prepare(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> PreparedToken:
        """Decide about a token, or raise GrantRefused with an RFC 6749 error code."""

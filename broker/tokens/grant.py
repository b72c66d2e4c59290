"""The interface of grant types; each is implemented in one file below ``grants``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import GrantRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.tokens.signing import SigningKey

_SYSTEM_ATTRIBUTES = "xs.system.attributes"
_MAX_NAMED = 3


class Subject(NamedTuple):
    """The subject of a token: the client itself, or a user who acts through it."""

    client: AuthenticatedClient
    user_id: str | None = None

    @property
    def id(self) -> str:
        """The claim ``sub``."""
        return self.user_id or self.client.client.client_id


@dataclass(frozen=True, slots=True, repr=False)
class IssuedToken:
    """A signed token with the other values of the token response."""

    subject: Subject
    access_token: str
    token_id: str
    scopes: tuple[str, ...]
    expires_in: int
    id_token: str | None = None
    refresh_token: str | None = None

    def response(self) -> dict[str, Any]:
        """Return the body of the token response, in UAA's order (O-23)."""
        return {
            "access_token": self.access_token,
            "token_type": "bearer",
            **({} if self.id_token is None else {"id_token": self.id_token}),
            **({} if self.refresh_token is None else {"refresh_token": self.refresh_token}),
            "expires_in": self.expires_in,
            "scope": " ".join(self.scopes),
            "jti": self.token_id,
        }


def signed_token(key: SigningKey, claims: bytes, keys_url: str) -> str:
    """Return the claims as a JWT.

    Raises GrantRefused, naming the largest claims, if the token does not fit in a header.
    """
    token = key.sign(claims, keys_url)
    if len(token) <= MAX_TOKEN_BYTES:
        return token
    sizes = {name: len(json.dumps(value)) for name, value in json.loads(claims).items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:_MAX_NAMED]
    advice = "Request fewer scopes or send fewer attributes"
    if _SYSTEM_ATTRIBUTES in largest:
        advice += '; set "system-attributes" to [] to leave out role collections and groups'
    raise GrantRefused(
        "invalid_request",
        f"The token would have {len(token)} bytes, the maximum is {MAX_TOKEN_BYTES}; its largest"
        f" claims are {', '.join(largest)}. {advice}",
    )


@dataclass(frozen=True, slots=True, repr=False)
class PreparedToken:
    """A granted token, not signed yet."""

    subject: Subject
    key: SigningKey
    keys_url: str
    claims: bytes
    token_id: str
    scopes: tuple[str, ...]
    expires_in: int

    def signed(self) -> IssuedToken:
        """Return the signed token; raise GrantRefused if it is too long."""
        token = signed_token(self.key, self.claims, self.keys_url)
        return IssuedToken(self.subject, token, self.token_id, self.scopes, self.expires_in)


class Grant(Protocol):
    """One value of ``grant_type``."""

    @property
    def grant_type(self) -> str:
        """The value of the request parameter and of the claim."""

    def issue(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> IssuedToken:
        """Return a signed token, or raise GrantRefused with an RFC 6749 error code.

        A grant that writes uses one transaction of its own and signs within it: a failed request
        leaves no data behind and can be repeated. It reads keys and authorities before that
        transaction begins, because each read may need a connection of its own.
        """


class BatchableGrant(Grant, Protocol):
    """A fast, read-only grant, whose tokens may be issued in batches (D-50)."""

    def prepare(self, client: AuthenticatedClient, parameters: Mapping[str, str]) -> PreparedToken:
        """Return the unsigned token, or raise GrantRefused with an RFC 6749 error code."""


def validity(own: int | None, policy: int | None, default: int) -> int:
    """Return the validity of a token in seconds (D-43).

    It is the client's own, else the default; the policy of its zone is a maximum of both.
    """
    wanted = own or default
    return wanted if policy is None else min(wanted, policy)

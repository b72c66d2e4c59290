"""Authorization codes: made at the end of a logon, exchanged once (D-43, I-110, I-111)."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from broker.credentials import base64url
from broker.credentials.opaque import Opaque
from broker.errors import GrantRefused
from broker.ids import new_row_id
from broker.tokens.user_tokens import Logon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.user import User

CODE_VALIDITY = timedelta(minutes=5)

USED_CODE_KEPT = timedelta(minutes=10)
"""How long a used code is kept, to revoke what it gave if it is used again (I-111)."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~\-]{43,128}")
_LONGEST_VERIFIER = 128


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A stored code; ``user`` is as currently stored, the other members are of the logon.

    ``redirect_uri`` is None if the authorize request had none. ``token_id`` and ``family_row_id``
    are what a used code gave.
    """

    row_id: int
    user: User
    client_row_id: int
    client_id: str
    scopes: tuple[str, ...]
    auth_time: datetime
    amr: tuple[str, ...]
    token_epoch: int
    created_at: datetime
    session_row_id: int | None = None
    redirect_uri: str | None = None
    code_challenge: str | None = None
    nonce: str | None = None
    used_at: datetime | None = None

    @property
    def logon(self) -> Logon:
        """The logon at which the code was made."""
        return Logon(self.user, self.auth_time, self.amr, self.session_row_id)

    def is_live(self, now: datetime) -> bool:
        """Return whether the code is unused, and ended neither by time nor by the user's epoch."""
        is_young = now < self.created_at + CODE_VALIDITY
        return self.used_at is None and is_young and self.token_epoch == self.user.token_epoch


class Given(NamedTuple):
    """What a used code gave: the id of an access token, and a refresh family if there is one."""

    token_id: str
    family_row_id: int | None


class AuthorizationCodeRepository(Protocol):
    """Authorization codes, within a transaction."""

    def find(self, value: Opaque) -> AuthorizationCode | None:
        """Return the code, used or not; None if it is unknown or was stored for another owner."""

    def add(self, code: AuthorizationCode, value: Opaque) -> None:
        """Insert a code."""

    def take(self, code: AuthorizationCode, given: Given, now: datetime) -> bool:
        """Mark the code as used, and keep what it gave; return False if it is used already."""

    def take_back(self, code: AuthorizationCode) -> Given | None:
        """Return what the used code gave; only the first call does."""


class WithAuthorizationCodes(Protocol):
    """A transaction that writes authorization codes."""

    @property
    def authorization_codes(self) -> AuthorizationCodeRepository:
        """The repository of authorization codes."""


@dataclass(frozen=True, slots=True)
class AuthorizationCodes:
    """Makes codes within the caller's transaction."""

    clock: Clock

    def create(  # noqa: PLR0913 - what a code remembers
        self,
        store: WithAuthorizationCodes,
        client: Client,
        logon: Logon,
        scopes: Sequence[str],
        *,
        redirect_uri: str | None,
        code_challenge: str | None = None,
        nonce: str | None = None,
    ) -> str:
        """Store a code for the client and return it.

        ``redirect_uri`` is the parameter as sent, None if the request had none; ``code_challenge``
        is of method S256, the only one (O-65). Raises GrantRefused for any other challenge.
        """
        if code_challenge is not None and _CHALLENGE.fullmatch(code_challenge) is None:
            raise GrantRefused(
                "invalid_request",
                "code_challenge must be the SHA-256 of the verifier in 43 characters of base64url,"
                " with code_challenge_method=S256",
            )
        value = Opaque.new()
        code = AuthorizationCode(
            row_id=new_row_id(),
            user=logon.user,
            client_row_id=client.row_id,
            client_id=client.client_id,
            scopes=tuple(scopes),
            auth_time=logon.auth_time,
            amr=logon.amr,
            token_epoch=logon.user.token_epoch,
            created_at=self.clock.now(),
            session_row_id=logon.session_row_id,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            nonce=nonce,
        )
        store.authorization_codes.add(code, value)
        return str(value)


def require_verifier(challenge: str | None, verifier: str | None) -> None:
    """Raise GrantRefused unless the code verifier is that of the challenge (RFC 7636, O-39).

    A verifier without a challenge is refused: the challenge may have been removed on the way.
    """
    if verifier is None:
        if challenge is None:
            return
        raise GrantRefused(
            "invalid_grant",
            "PKCE error: Code verifier must be provided for this authorization code.",
        )
    if len(verifier) > _LONGEST_VERIFIER or _VERIFIER.fullmatch(verifier) is None:
        raise GrantRefused(
            "invalid_request",
            "Code verifier length must between 43 and 128 and use only"
            " [A-Z],[a-z],[0-9],_,.,-,~ characters.",
        )
    if challenge is None:
        raise GrantRefused(
            "invalid_grant",
            "PKCE error: Code verifier not required for this authorization code.",
        )
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise GrantRefused("invalid_grant", "Invalid code verifier")


def challenge_of(verifier: str) -> str:
    """Return the challenge of a code verifier by the method S256."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())

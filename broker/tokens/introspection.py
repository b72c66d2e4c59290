"""Introspection: whether a token is active now (D-32, O-102)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from broker.credentials.digest import revocation_signature, user_revocation_signature
from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import TokenInvalid
from broker.pki.presented import confirmation_of
from broker.tokens.revocations.marks import is_revoked, revocation_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from broker.addresses import Addresses
    from broker.authentication.client import StoredCredential
    from broker.credentials.digest import DigestKeys
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.tokens.ports import TokenOrigin, TokenOrigins
    from broker.tokens.signing import KeyRing

_REVOCATION_SIGNATURE = re.compile(
    r"(?P<signature>(?P<credential>[0-9a-f]{1,16})\.[0-9a-f]{16})(?:\.(?P<source>[0-9a-f]{1,16}))?"
)
_LARGEST_ROW_ID = 2**63 - 1
_ENHANCER = "XSUAA"


class Users(Protocol):
    """Looks up users."""

    def find(self, user_id: str) -> User | None:
        """Return the user as currently committed, of any zone; exactly one statement."""


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The claims of an active token, and the current state of its client and user."""

    claims: Mapping[str, Any]
    client: Client
    user: User | None = None
    """None for a token of the client itself."""
    source: int | None = None
    """The row id of the refresh family or session that a user's token depends on."""

    @property
    def token_id(self) -> str:
        """The claim ``jti``."""
        return str(self.claims["jti"])

    @property
    def expires_at(self) -> datetime:
        """The claim ``exp``."""
        return datetime.fromtimestamp(self.claims["exp"], UTC)

    def require_certificate(self, presented: Callable[[], bytes | None]) -> None:
        """Raise TokenInvalid for a token that is bound to another certificate (RFC 8705 3).

        ``presented`` returns the request's certificate as DER, None without one.
        """
        bound = self.claims.get("cnf")
        if bound is None:
            return
        der = presented()
        if der is None or confirmation_of(der) != bound["x5t#S256"]:
            raise TokenInvalid("it is bound to another client certificate than the request's")

    def concerns(self, client: Client) -> bool:
        """Return whether the client is in the token's zone, and its owner or in its audience."""
        audience = {self.client.client_id, *self.claims["aud"]}
        return client.zone.guid == self.client.zone.guid and bool(
            audience & {client.client_id, client.app_id}
        )


@dataclass(frozen=True, slots=True)
class Introspection:
    """Decides whether tokens are active: one look-up for a client's token, two for a user's.

    A token with an outdated revocation signature costs another, of the digest keys.
    """

    keys: KeyRing
    origins: TokenOrigins
    digest_keys: DigestKeys
    addresses: Addresses
    users: Users

    def of(self, token: str) -> ActiveToken:
        """Return the token if it is active; raise TokenInvalid, with the reason for the log.

        It is active while its key is published, it has not expired, its credential would still be
        accepted, and neither the token nor all tokens of its client are revoked. A user's token
        needs its user, too: active, of an active provider, and without an end of all sessions
        since (D-59).
        """
        claims = self._claims(token)
        match = _REVOCATION_SIGNATURE.fullmatch(str(claims.get("rev_sig")))
        credential_id = int(match["credential"], 16) if match else 0
        if match is None or not 0 < credential_id <= _LARGEST_ROW_ID:
            raise TokenInvalid("rev_sig names no credential")
        user_id, token_id = claims.get("user_id"), str(claims.get("jti"))
        mark = "" if user_id is None else revocation_mark(str(claims.get("cid")), user_id)
        origin = self.origins.origin(credential_id, token_id, mark)
        if origin is None:
            raise TokenInvalid("its credential no longer exists")
        client = origin.credential.client
        self._require_accepted(claims, origin)
        if user_id is None:
            if not self._is_marked(claims["rev_sig"], origin.credential, None):
                raise TokenInvalid("all tokens of its credential are revoked")
            return ActiveToken(claims, client)
        user = self._user(user_id, client)
        if not self._is_marked(match["signature"], origin.credential, user):
            raise TokenInvalid("all tokens of its credential or user are revoked")
        return ActiveToken(claims, client, user, int(match["source"] or "0", 16) or None)

    def _require_accepted(self, claims: Mapping[str, Any], origin: TokenOrigin) -> None:
        """Raise TokenInvalid unless a token of this origin may have these claims now."""
        stored, client = origin.credential, origin.credential.client
        if not stored.has_owner(self.digest_keys):
            raise TokenInvalid("the owner of its credential was changed")
        if stored.type not in client.credential_types:
            raise TokenInvalid("its credential type is no longer listed")
        if origin.token_is_revoked or is_revoked(claims["iat"], origin.mark_expires_at):
            raise TokenInvalid("the token is revoked")
        expected = (
            client.client_id,
            client.zone.guid,
            self.addresses.token_url(client.zone.subdomain),
        )
        if tuple(claims.get(name) for name in ("cid", "zid", "iss")) != expected:
            raise TokenInvalid("client, zone or issuer does not match")

    def _user(self, user_id: str, client: Client) -> User:
        user = self.users.find(user_id)
        if user is None or user.zone.row_id != client.zone.row_id:
            raise TokenInvalid("its user does not exist in the zone")
        if not user.is_active:
            raise TokenInvalid("its user is inactive")
        if not user.provider_is_active:
            raise TokenInvalid("the identity provider of its user is inactive")
        return user

    def _is_marked(self, signature: str, stored: StoredCredential, user: User | None) -> bool:
        """Return whether ``signature`` is valid under any digest key, not only the newest.

        If none matches, another host may have added the key: reload the keys and try again.
        """
        return any(
            hmac.compare_digest(expected, signature)
            for again in (False, True)
            for expected in self._signatures(stored, user, again=again)
        )

    def _signatures(
        self, stored: StoredCredential, user: User | None, *, again: bool
    ) -> Iterator[str]:
        """Yield the signatures that tokens of the credential, or of the user with it, may have."""
        keys = self.digest_keys.digest_keys(again=again)
        for key in keys:
            of_client = revocation_signature(key.secret, stored.row_id, stored.generation)
            if user is None:
                yield of_client
                continue
            # The newest key may have changed between the client's and the user's signature.
            for user_key in keys:
                yield user_revocation_signature(
                    user_key.secret, of_client, user.user_id, user.token_epoch
                )

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenInvalid("longer than any token of this server")
        try:
            claims = self.keys.claims_of(token)
        except ValueError as error:
            raise TokenInvalid(f"verification failed: {error}") from None
        if claims["exp"] <= self.keys.now().timestamp():
            raise TokenInvalid("the token has expired", "Token has expired")
        attributes = claims.get("ext_attr")
        if not isinstance(attributes, dict) or attributes.get("enhancer") != _ENHANCER:
            raise TokenInvalid("not an access token")  # but an id token (I-107)
        return claims

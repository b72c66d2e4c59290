"""Introspection: whether a token is active now (D-32, O-102)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from broker.credentials.digest import revocation_signature
from broker.errors import TokenInvalid
from broker.tokens.signing import key_id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.addresses import Addresses
    from broker.authentication.client import StoredCredential
    from broker.credentials.digest import DigestKeys
    from broker.identity.client import Client
    from broker.tokens.ports import TokenOrigins
    from broker.tokens.signing import KeyRing

_REVOCATION_SIGNATURE = re.compile(r"([0-9a-f]{1,16})\.[0-9a-f]{16}")
_LARGEST_ROW_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The claims of an active token, and its client's current state."""

    claims: Mapping[str, Any]
    client: Client

    @property
    def token_id(self) -> str:
        """The claim ``jti``."""
        return str(self.claims["jti"])

    @property
    def expires_at(self) -> datetime:
        """The claim ``exp``."""
        return datetime.fromtimestamp(self.claims["exp"], UTC)

    def concerns(self, client: Client) -> bool:
        """Return whether the client is in the token's zone, and its owner or in its audience."""
        audience = {self.client.client_id, *self.claims["aud"]}
        return client.zone.guid == self.client.zone.guid and bool(
            audience & {client.client_id, client.app_id}
        )


@dataclass(frozen=True, slots=True)
class Introspection:
    """Decides whether tokens are active, with one look-up per token.

    A token with an outdated revocation signature costs another, of the digest keys.
    """

    keys: KeyRing
    origins: TokenOrigins
    digest_keys: DigestKeys
    addresses: Addresses

    def of(self, token: str) -> ActiveToken:
        """Return the token if it is active; raise TokenInvalid, with the reason for the log.

        It is active while its key is published, it has not expired, its credential would still be
        accepted, and neither the token nor all tokens of its client are revoked.
        """
        claims = self._claims(token)
        match = _REVOCATION_SIGNATURE.fullmatch(str(claims.get("rev_sig")))
        credential_id = int(match.group(1), 16) if match else 0
        if not 0 < credential_id <= _LARGEST_ROW_ID:
            raise TokenInvalid("rev_sig names no credential")
        origin = self.origins.origin(credential_id, str(claims.get("jti")))
        if origin is None:
            raise TokenInvalid("its credential no longer exists")
        stored, client = origin.credential, origin.credential.client
        if not self._is_marked(claims["rev_sig"], stored):
            raise TokenInvalid("all tokens of its credential are revoked")
        if stored.type not in client.credential_types:
            raise TokenInvalid("its credential type is no longer listed")
        if origin.token_is_revoked:
            raise TokenInvalid("the token is revoked")
        expected = (
            client.client_id,
            client.zone.guid,
            self.addresses.token_url(client.zone.subdomain),
        )
        if tuple(claims.get(name) for name in ("cid", "zid", "iss")) != expected:
            raise TokenInvalid("client, zone or issuer does not match")
        return ActiveToken(claims, client)

    def _is_marked(self, signature: str, stored: StoredCredential) -> bool:
        """Return whether ``signature`` is valid under any digest key, not only the newest.

        If none matches, another host may have added the key: reload the keys and try again.
        """
        return any(
            hmac.compare_digest(
                revocation_signature(key.secret, stored.row_id, stored.generation), signature
            )
            for again in (False, True)
            for key in self.digest_keys.digest_keys(again=again)
        )

    def _claims(self, token: str) -> dict[str, Any]:
        kid = key_id_of(token)
        key = next((key for key in self.keys.published() if key.stored.kid == kid), None)
        if key is None:
            raise TokenInvalid("signed with an unknown key")
        try:
            claims = key.verify(token)
        except ValueError as error:
            raise TokenInvalid(f"verification failed: {error}") from None
        if claims["exp"] <= self.keys.now().timestamp():
            raise TokenInvalid("the token has expired", "Token has expired")
        return claims

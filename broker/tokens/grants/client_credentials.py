"""The client-credentials grant (RFC 6749 section 4.4): a token for the client itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import GrantRefused
from broker.tokens.az_attr import additional_attributes
from broker.tokens.claims import client_claims
from broker.tokens.grant import IssuedToken, require_sendable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.addresses import Addresses
    from broker.clock import Clock
    from broker.credentials.authenticate import AuthenticatedClient
    from broker.tokens.authorities import Authorities
    from broker.tokens.signing import KeyRing


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Issues tokens with the client's authorities."""

    keys: KeyRing
    authorities: Authorities
    addresses: Addresses
    clock: Clock
    default_validity: int
    backdate: int

    grant_type = "client_credentials"

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Issue a token with all authorities, or with those that ``scope`` asks for (O-60)."""
        client = authenticated.client
        scopes = narrowed(self.authorities.of(client), parameters.get("scope", ""))
        validity = client.token_validity or self.default_validity
        claims = client_claims(
            authenticated,
            scopes,
            self.addresses,
            now=self.clock.now(),
            validity=validity,
            backdate=self.backdate,
        )
        if attributes := additional_attributes(parameters.get("authorities", "")):
            claims["az_attr"] = attributes
        token = self.keys.current().sign(claims, self.addresses.keys_url)
        require_sendable(token, claims)
        return IssuedToken(
            access_token=token,
            token_id=claims["jti"],
            scopes=scopes,
            expires_in=validity - 1,  # as XSUAA: whole seconds left (H-44)
        )


def narrowed(held: Sequence[str], requested: str) -> tuple[str, ...]:
    """Return the requested scopes, all held ones for an empty request.

    SAP's node library joins a list by commas, so both separators count (O-61). Raises GrantRefused
    for a scope the client does not hold.
    """
    wanted = dict.fromkeys(part for part in re.split(r"[ ,]+", requested) if part)
    for scope in wanted:
        if scope not in held:
            raise GrantRefused("invalid_scope", f"Invalid scope: {_shown(scope)}")
    return tuple(wanted) or tuple(held)


def _shown(scope: str) -> str:
    # RFC 6749 section 5.2 allows printable ASCII without quote and backslash in descriptions.
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", scope[:128])

"""The client-credentials grant (RFC 6749 section 4.4): a token for the client itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.requested_scopes import requested_scopes, shown
from broker.errors import GrantRefused
from broker.ids import new_token_id
from broker.tokens.az_attr import additional_attributes
from broker.tokens.client_claims import TokenDetails
from broker.tokens.grant import IssuedToken, PreparedToken, Subject, validity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.authentication.client import AuthenticatedClient
    from broker.tokens.client_authorities import Authorities
    from broker.tokens.client_claims import ClientClaims
    from broker.tokens.signing import KeyRing


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Issues tokens with the client's authorities."""

    keys: KeyRing
    authorities: Authorities
    claims: ClientClaims
    keys_url: str
    default_validity: int
    backdate: int

    grant_type = "client_credentials"

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Return a signed token; the store is only read."""
        return self.prepare(authenticated, parameters).signed()

    def prepare(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> PreparedToken:
        """Prepare a token with all authorities, or with those that ``scope`` requests (O-60)."""
        client = authenticated.client
        scopes = narrowed(self.authorities.of(client), parameters.get("scope", ""))
        seconds = validity(client.token_validity, client.max_token_validity, self.default_validity)
        key, time = self.keys.current_and_time()
        now = int(time.timestamp())
        details = TokenDetails(
            token_id=new_token_id(),
            # The Python library refuses a token whose iat is even one second ahead of its clock.
            issued_at=now - self.backdate,
            expires_at=now + seconds,
            attributes=additional_attributes(parameters.get("authorities", "")),
        )
        return PreparedToken(
            subject=Subject(authenticated),
            key=key,
            keys_url=self.keys_url,
            claims=self.claims.render(authenticated, scopes, self.grant_type, details),
            token_id=details.token_id,
            scopes=scopes,
            expires_in=seconds - 1,  # as in XSUAA: remaining whole seconds (H-44)
        )


def narrowed(held: Sequence[str], requested: str) -> tuple[str, ...]:
    """Return the requested scopes, or all held scopes for an empty request.

    Raises GrantRefused for a scope that the client does not hold.
    """
    if not requested:
        return tuple(held)
    scopes = requested_scopes(requested)
    for scope in scopes:
        if scope not in held:
            raise GrantRefused("invalid_scope", f"Invalid scope: {shown(scope)}")
    return scopes or tuple(held)

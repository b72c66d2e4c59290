"""The client-credentials grant (RFC 6749 section 4.4): a token for the client itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import GrantRefused
from broker.ids import new_token_id
from broker.tokens.az_attr import additional_attributes
from broker.tokens.client_claims import Moment
from broker.tokens.grant import IssuedToken, PreparedToken, Subject

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
        """Return a signed token; writes nothing."""
        return self.prepare(authenticated, parameters).signed()

    def prepare(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> PreparedToken:
        """Decide on a token with all authorities, or with those that ``scope`` asks for (O-60)."""
        client = authenticated.client
        scopes = narrowed(self.authorities.of(client), parameters.get("scope", ""))
        validity = client.token_validity or self.default_validity
        key, time = self.keys.current_and_time()
        now = int(time.timestamp())
        moment = Moment(
            token_id=new_token_id(),
            # The Python library refuses a token issued even one second in its future.
            issued_at=now - self.backdate,
            expires_at=now + validity,
            attributes=additional_attributes(parameters.get("authorities", "")),
        )
        return PreparedToken(
            subject=Subject(authenticated),
            key=key,
            keys_url=self.keys_url,
            claims=self.claims.written(authenticated, scopes, self.grant_type, moment),
            token_id=moment.token_id,
            scopes=scopes,
            expires_in=validity - 1,  # as XSUAA: whole seconds left (H-44)
        )


def narrowed(held: Sequence[str], requested: str) -> tuple[str, ...]:
    """Return the requested scopes, all held ones for an empty request.

    SAP's node library joins a list by commas, so both separators count (O-61). Raises GrantRefused
    for a scope the client does not hold.
    """
    if not requested:
        return tuple(held)
    wanted = dict.fromkeys(part for part in re.split(r"[ ,]+", requested) if part)
    for scope in wanted:
        if scope not in held:
            raise GrantRefused("invalid_scope", f"Invalid scope: {_shown(scope)}")
    return tuple(wanted) or tuple(held)


def _shown(scope: str) -> str:
    # RFC 6749 section 5.2 allows printable ASCII without quote and backslash in descriptions.
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", scope[:128])

"""The claims of a technical user's token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.compact_json import compact_json
from broker.runtime.byte_cache import ByteCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.addresses import Addresses
    from broker.authentication.client import AuthenticatedClient
    from broker.identity.client import Client

_MAX_CACHED_BYTES = 8 * 1024**2


def audience(client_id: str, scopes: Sequence[str]) -> list[str]:
    """Return the client id and the prefix of every granted scope, and no other value.

    Libraries accept a token whose audience names their application: a prefix without a granted
    scope would give this client access to that application.
    """
    prefixes = {scope.partition(".")[0] for scope in scopes if "." in scope}
    return [client_id, *sorted(prefixes - {client_id})]


@dataclass(frozen=True, slots=True)
class TokenDetails:
    """The values that differ between a client's tokens; times are seconds since the epoch."""

    token_id: str
    issued_at: int
    expires_at: int
    attributes: Mapping[str, str]


class ClientClaims:
    """Renders the claims of tokens whose subject is the client.

    The claims that all tokens of a client share are cached for the values they depend on, which
    each request looks up (D-36); one entry per client, whatever scopes it requests in turn.
    """

    def __init__(self, addresses: Addresses) -> None:
        """``addresses`` determine the issuer."""
        self._addresses = addresses
        self._cached = ByteCache[bytes](_MAX_CACHED_BYTES)

    def render(
        self,
        authenticated: AuthenticatedClient,
        scopes: tuple[str, ...],
        grant_type: str,
        details: TokenDetails,
    ) -> bytes:
        """Return the claims as compact JSON."""
        thumbprint = authenticated.certificate_thumbprint
        own = {
            "jti": details.token_id,
            "rev_sig": authenticated.revocation_signature,
            "iat": details.issued_at,
            "exp": details.expires_at,
            # RFC 8705 section 3.1: resource servers may require the same certificate.
            **({"cnf": {"x5t#S256": thumbprint}} if thumbprint else {}),
            **({"az_attr": details.attributes} if details.attributes else {}),
        }
        shared = self._shared(authenticated.client, scopes, grant_type)
        return b"%b,%b" % (compact_json(own)[:-1], shared[1:])

    def _shared(self, client: Client, scopes: tuple[str, ...], grant_type: str) -> bytes:
        zone = client.zone
        names = client.client_id, client.service_instance_guid, zone.guid, zone.subdomain
        known = self._cached.get(client.row_id, (names, grant_type, scopes))
        if known is not None:
            return known
        shared = compact_json(_shared_claims(client, scopes, grant_type, self._addresses))
        return self._cached.put(client.row_id, (names, grant_type, scopes), shared)


def _shared_claims(
    client: Client, scopes: tuple[str, ...], grant_type: str, addresses: Addresses
) -> dict[str, Any]:
    return {
        "ext_attr": {
            "enhancer": "XSUAA",
            "subaccountid": client.zone.guid,
            "zdn": client.zone.subdomain,
            "serviceinstanceid": client.service_instance_guid,
        },
        "sub": client.client_id,
        "authorities": scopes,
        "scope": scopes,
        "client_id": client.client_id,
        "cid": client.client_id,
        "azp": client.client_id,
        "grant_type": grant_type,
        "iss": addresses.token_url(client.zone.subdomain),
        "zid": client.zone.guid,
        "aud": audience(client.client_id, scopes),
    }

"""The claims of a technical user's token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from broker.compact_json import compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.addresses import Addresses
    from broker.authentication.client import AuthenticatedClient
    from broker.identity.client import Client

_MAX_REMEMBERED = 10_000


def audience(client_id: str, scopes: Sequence[str]) -> list[str]:
    """Return the client id and the prefix of every granted scope, and nothing wider.

    Libraries accept a token whose audience names their application: a prefix without a granted
    scope would open that application to this client.
    """
    prefixes = {scope.partition(".")[0] for scope in scopes if "." in scope}
    return [client_id, *sorted(prefixes - {client_id})]


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs between two tokens of a client: times in seconds, and what the request says."""

    token_id: str
    issued_at: int
    expires_at: int
    attributes: Mapping[str, str]


class ClientClaims:
    """Writes the claims of tokens whose subject is the client.

    What is the same in all tokens of a client is rendered once for everything that it follows
    from, which comes from the look-up of each request (D-36).
    """

    def __init__(self, addresses: Addresses) -> None:
        """``addresses`` name the issuer."""

        @lru_cache(maxsize=_MAX_REMEMBERED)
        def lasting(client: Client, scopes: tuple[str, ...], grant_type: str) -> bytes:
            return compact_json(_lasting(client, scopes, grant_type, addresses))

        self._lasting = lasting

    def written(
        self,
        authenticated: AuthenticatedClient,
        scopes: tuple[str, ...],
        grant_type: str,
        moment: Moment,
    ) -> bytes:
        """Return the claims as JSON."""
        thumbprint = authenticated.certificate_thumbprint
        momentary = {
            "jti": moment.token_id,
            "rev_sig": authenticated.revocation_signature,
            "iat": moment.issued_at,
            "exp": moment.expires_at,
            # RFC 8705 section 3.1: resource servers may ask for the same certificate.
            **({"cnf": {"x5t#S256": thumbprint}} if thumbprint else {}),
            **({"az_attr": moment.attributes} if moment.attributes else {}),
        }
        lasting = self._lasting(authenticated.client, scopes, grant_type)
        return b"%b,%b" % (compact_json(momentary)[:-1], lasting[1:])


def _lasting(
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

"""The claims of a technical user's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.ids import new_token_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.addresses import Addresses
    from broker.credentials.authenticate import AuthenticatedClient


def audience(client_id: str, scopes: Sequence[str]) -> list[str]:
    """Return the client id and the prefix of every granted scope, and nothing wider.

    Libraries accept a token whose audience names their application: a prefix without a granted
    scope would open that application to this client.
    """
    prefixes = {scope.partition(".")[0] for scope in scopes if "." in scope}
    return [client_id, *sorted(prefixes - {client_id})]


def client_claims(  # noqa: PLR0913 - one argument for each fact that decides
    authenticated: AuthenticatedClient,
    scopes: Sequence[str],
    addresses: Addresses,
    *,
    now: datetime,
    validity: int,
    backdate: int,
) -> dict[str, Any]:
    """Return the claims of a client-credentials token valid for ``validity`` seconds from ``now``.

    ``iat`` lies ``backdate`` seconds back: the Python library refuses a token issued even one
    second in its future.
    """
    client = authenticated.client
    issued = int(now.timestamp())
    thumbprint = authenticated.certificate_thumbprint
    return {
        "jti": new_token_id(),
        "ext_attr": {
            "enhancer": "XSUAA",
            "subaccountid": client.zone_guid,
            "zdn": client.zone_subdomain,
            "serviceinstanceid": client.service_instance_guid,
        },
        "sub": client.client_id,
        "authorities": list(scopes),
        "scope": list(scopes),
        "client_id": client.client_id,
        "cid": client.client_id,
        "azp": client.client_id,
        "grant_type": "client_credentials",
        "rev_sig": authenticated.revocation_signature,
        "iat": issued - backdate,
        "exp": issued + validity,
        "iss": addresses.token_url(client.zone_subdomain),
        "zid": client.zone_guid,
        "aud": audience(client.client_id, scopes),
        # RFC 8705 section 3.1: resource servers may ask for the same certificate.
        **({"cnf": {"x5t#S256": thumbprint}} if thumbprint else {}),
    }

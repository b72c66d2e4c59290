"""The claims about a user: those of the id token and, where needed, of userinfo (I-40)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.errors import LogonInvalid
from broker.identity.providers.configuration import SINGLE_VALUED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.providers.configuration import ProviderConfiguration
    from broker.relying_party.discovery import Endpoints
    from broker.relying_party.network.connection import Budget
    from broker.relying_party.network.http import ProviderHttp

_CLAIM_NAMES = "_claim_names"
_OF_TOKEN = frozenset(
    {"iss", "aud", "exp", "iat", "nbf", "nonce", "sub", "azp", "auth_time", "amr"}
)
"""Claims that userinfo never states."""


def missing_claims(
    configuration: ProviderConfiguration, claims: Mapping[str, Any]
) -> frozenset[str]:
    """Return the mapped claims that the id token does not contain."""
    mapped = {claim for sources in configuration.mappings.values() for claim in sources}
    return frozenset(mapped - _OF_TOKEN - claims.keys())


def missing_roles(
    configuration: ProviderConfiguration, claims: Mapping[str, Any]
) -> frozenset[str]:
    """Return the stored claims of groups and attributes that the id token does not contain."""
    if not configuration.store_custom_attributes:
        return frozenset()
    mapped = {
        claim
        for name, sources in configuration.mappings.items()
        if name not in SINGLE_VALUED
        for claim in sources
    }
    return missing_claims(configuration, claims) & mapped


def with_userinfo(  # noqa: PLR0913, PLR0917 - what the request needs
    http: ProviderHttp,
    endpoints: Endpoints,
    configuration: ProviderConfiguration,
    claims: Mapping[str, Any],
    access_token: str | None,
    budget: Budget,
) -> dict[str, Any]:
    """Return the claims with the missing ones from userinfo, which is requested only then.

    Raises LogonInvalid if it is about another user, and ProviderUnavailable: a logon without its
    groups would take rights away.
    """
    missing = missing_claims(configuration, claims)
    if not missing or endpoints.userinfo is None or access_token is None:
        return dict(claims)
    found = http.get(endpoints.userinfo, budget, bearer=access_token).json_object()
    if found.get("sub") != claims["sub"]:
        raise LogonInvalid("userinfo is about another user")
    added = {name: found[name] for name in (*sorted(missing), _CLAIM_NAMES) if name in found}
    return added | dict(claims)

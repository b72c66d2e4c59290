"""Discovery of a provider's endpoints (OpenID Connect Discovery, I-33, D-46)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from broker.errors import ProviderUnavailable
from broker.relying_party.network.fetched import FetchedCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.providers.configuration import ProviderConfiguration
    from broker.relying_party.network.connection import Budget
    from broker.relying_party.network.http import ProviderHttp

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_MAX_URL = 2048
_MAX_METHODS = 20
_SIZE = 4096
"""Bytes of endpoints, about."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of a provider, and what it supports.

    ``states_issuer``: whether its responses name the issuer (RFC 9207); ``challenge_methods``: of
    PKCE, None if it lists none.
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None = None
    logout: str | None = None
    states_issuer: bool = False
    challenge_methods: tuple[str, ...] | None = None


class Discovery:
    """Reads discovery documents.

    The document of the issuer is always required. URLs of the configuration replace those of the
    document while the provider has no users; afterwards an administrator could otherwise direct
    their logons elsewhere (D-46).
    """

    def __init__(self, http: ProviderHttp, cache: FetchedCache[Endpoints] | None = None) -> None:
        self._http = http
        self._cache = FetchedCache[Endpoints]() if cache is None else cache

    def of(
        self, configuration: ProviderConfiguration, budget: Budget, *, has_users: bool
    ) -> Endpoints:
        """Return the endpoints of the provider; raise ProviderUnavailable."""
        issuer = configuration.issuer
        own = self._document(f"{issuer.rstrip('/')}{WELL_KNOWN}", issuer, budget)
        if has_users:
            return own
        base = own
        if configuration.discovery_url is not None:
            base = self._document(configuration.discovery_url, issuer, budget)
        return replace(
            base,
            authorization=configuration.auth_url or base.authorization,
            token=configuration.token_url or base.token,
            keys=configuration.token_key_url or base.keys,
            userinfo=configuration.user_info_url or base.userinfo,
            logout=configuration.logout_url or base.logout,
        )

    def _document(self, url: str, issuer: str, budget: Budget) -> Endpoints:
        def fetch(budget: Budget) -> tuple[Endpoints, int]:
            return _endpoints(self._http.get(url, budget).json_object()), _SIZE

        found = self._cache.get(url, fetch, budget)
        if found.issuer != issuer:
            raise ProviderUnavailable("the discovery document has another issuer")
        return found


def _endpoints(document: Mapping[str, Any]) -> Endpoints:
    """Return the endpoints in the document; raise ProviderUnavailable."""
    methods = document.get("code_challenge_methods_supported")
    return Endpoints(
        issuer=_url(document, "issuer"),
        authorization=_url(document, "authorization_endpoint"),
        token=_url(document, "token_endpoint"),
        keys=_url(document, "jwks_uri"),
        userinfo=_optional_url(document, "userinfo_endpoint"),
        logout=_optional_url(document, "end_session_endpoint"),
        states_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        challenge_methods=_methods(methods) if isinstance(methods, list) else None,
    )


def _methods(values: list[object]) -> tuple[str, ...]:
    return tuple(value for value in values[:_MAX_METHODS] if value in ("S256", "plain"))


def _url(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_URL:
        raise ProviderUnavailable(f"the discovery document has no usable {name}")
    return value


def _optional_url(document: Mapping[str, Any], name: str) -> str | None:
    return _url(document, name) if document.get(name) else None

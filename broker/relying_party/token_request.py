"""The token request to a provider: the code and its verifier for an id token (I-38)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from broker.errors import LogonInvalid, ProviderUnavailable
from broker.relying_party.id_token import MAX_BYTES

if TYPE_CHECKING:
    from broker.identity.providers.configuration import ProviderConfiguration
    from broker.relying_party.discovery import Endpoints
    from broker.relying_party.network.connection import Budget
    from broker.relying_party.network.http import ProviderHttp, Response

MAX_ACCESS_TOKEN: Final = 16_384
"""Characters; it is sent in a header."""

_ERROR_CODE = re.compile(r"[a-z_]{1,40}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/\-]+=*")
_S256 = "S256"


@dataclass(frozen=True, slots=True, repr=False)
class ProviderTokens:
    """The tokens of a provider; the access token is used for its userinfo endpoint only."""

    id_token: str
    access_token: str | None


def uses_challenge(
    configuration: ProviderConfiguration, endpoints: Endpoints, *, has_secret: bool
) -> bool:
    """Return whether the attempt uses PKCE (I-37).

    Raises ProviderUnavailable if neither PKCE nor a client secret would protect the code.
    """
    methods = endpoints.challenge_methods
    is_supported = methods is None or _S256 in methods
    if has_secret:
        return is_supported and configuration.pkce
    if not is_supported:
        raise ProviderUnavailable(
            "the provider supports no S256 and no client secret is configured"
        )
    return True


def request_tokens(  # noqa: PLR0913, PLR0917 - the parts of the request
    http: ProviderHttp,
    endpoints: Endpoints,
    configuration: ProviderConfiguration,
    secret: str | None,
    parameters: dict[str, str],
    budget: Budget,
) -> ProviderTokens:
    """Return the tokens for the code in ``parameters``.

    Raises LogonInvalid if the provider refuses the code, and ProviderUnavailable.
    """
    form = {"grant_type": "authorization_code", **parameters}
    headers = {}
    if secret is None:
        form["client_id"] = configuration.relying_party_id
    elif configuration.client_auth_in_body:
        form |= {"client_id": configuration.relying_party_id, "client_secret": secret}
    else:
        # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
        pair = f"{quote_plus(configuration.relying_party_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    response = http.post(endpoints.token, budget, form, headers)
    if response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        raise LogonInvalid(f"the token endpoint responded with {_error_code(response)}")
    return _tokens(response.json_object())


def _tokens(document: dict[str, Any]) -> ProviderTokens:
    id_token, access_token = document.get("id_token"), document.get("access_token")
    if not isinstance(id_token, str) or not 0 < len(id_token) <= MAX_BYTES:
        raise LogonInvalid("the token response has no id token")
    is_usable = (
        isinstance(access_token, str)
        and len(access_token) <= MAX_ACCESS_TOKEN
        and _TOKEN.fullmatch(access_token)
    )
    return ProviderTokens(id_token, access_token if is_usable else None)


def _error_code(response: Response) -> str:
    try:
        code = response.any_json_object().get("error")
    except ProviderUnavailable:
        code = None
    is_code = isinstance(code, str) and _ERROR_CODE.fullmatch(code)
    return str(code) if is_code else f"status {response.status}"

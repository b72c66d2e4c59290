"""Token requests of an application with the credentials of a binding."""

from __future__ import annotations

import base64
import json
from typing import Any

import requests

Credentials = dict[str, str]


def fetch_token(
    credentials: Credentials, *, in_body: bool = False, **parameters: str
) -> requests.Response:
    """Ask for a token as an application does, with the secret in Basic or in the body."""
    form = {"grant_type": "client_credentials", **parameters}
    client = credentials["clientid"], credentials["clientsecret"]
    if in_body:
        form |= {"client_id": client[0], "client_secret": client[1]}
    return requests.post(
        f"{credentials['url']}/oauth/token",
        data=form,
        auth=None if in_body else client,
        timeout=30,
    )


def fetch_token_at(
    server_url: str, credentials: Credentials, host: str, **headers: str
) -> requests.Response:
    """Ask for a token at this host name, wherever the credentials point to."""
    return requests.post(
        f"{server_url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(credentials["clientid"], credentials["clientsecret"]),
        headers={"Host": host, **headers},
        timeout=30,
    )


def token_status(credentials: Credentials) -> int:
    """Return the status of a token request."""
    return fetch_token(credentials).status_code


def claims_of(response: requests.Response) -> dict[str, Any]:
    """Return the claims of the token in a response, unverified."""
    return token_claims(response.json()["access_token"])


def token_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token, unverified."""
    return _part(token, 1)


def header_of(response: requests.Response) -> dict[str, Any]:
    """Return the JOSE header of the token in a response."""
    return _part(response.json()["access_token"], 0)


def _part(token: str, index: int) -> dict[str, Any]:
    encoded = token.split(".")[index]
    decoded: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    )
    return decoded

"""Applications that authenticate with a client certificate, each over its own TLS connection."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.support.pki import client_context

if TYPE_CHECKING:
    from tests.support.application import Credentials

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class TokenResponse:
    """The status, headers and JSON body of a response."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def token(self) -> str:
        """The access token; the response must contain one."""
        token: str = self.body["access_token"]
        return token


def connect(
    credentials: Credentials, ca_file: Path, *, with_certificate: bool = True, source: str = ""
) -> HTTPSConnection:
    """Return a connection to the credentials' ``certurl``; the caller closes it."""
    chain, key = (credentials["certificate"], credentials["key"]) if with_certificate else ("", "")
    with tempfile.TemporaryDirectory() as directory:
        context = client_context(ca_file, chain, key, Path(directory))
    address = urlsplit(credentials["certurl"])
    return HTTPSConnection(
        address.hostname or "",
        address.port,
        timeout=_TIMEOUT_SECONDS,
        context=context,
        source_address=(source, 0) if source else None,
    )


def ask(
    connection: HTTPSConnection, client_id: str | None, headers: Any = None, **form: str
) -> TokenResponse:
    """Ask for a token over a connection that stays open."""
    fields = {"grant_type": "client_credentials", **form}
    if client_id is not None:
        fields["client_id"] = client_id
    sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    connection.request("POST", "/oauth/token", urlencode(fields), sent)
    response = connection.getresponse()
    return TokenResponse(response.status, dict(response.headers), json.loads(response.read()))


def fetch_with_certificate(
    credentials: Credentials, ca_file: Path, client_id: str | None = None, **form: str
) -> TokenResponse:
    """Ask for a token as an application with a certificate does, over a new connection."""
    with closing(connect(credentials, ca_file)) as connection:
        return ask(connection, client_id or credentials["clientid"], **form)

"""A token request with the credentials of a service key, as an application sends it."""

from __future__ import annotations

import base64
import ssl
import tempfile
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

import urllib3

from broker.cli.platform.client import RequestRefused
from broker.credentials import base64url
from broker.errors import ConfigurationError
from broker.json_text.compact_jws import split
from broker.json_text.reader import MalformedJson, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 30.0
_MAX_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The credentials, the parameters of the grant, and the CA of a generated certificate.

    ``certificate`` and ``key`` are PEM texts, '' for a client secret.
    """

    credentials: Mapping[str, Any]
    parameters: Mapping[str, str]
    ca_file: Path
    certificate: str = ""
    key: str = field(default="", repr=False)

    def send(self) -> dict[str, Any]:
        """Return the response of the token endpoint.

        Raises RequestRefused with its reason, ConfigurationError if no token service responds.
        """
        client_id = str(self.credentials["clientid"])
        parameters = {**self.parameters, "client_id": client_id}
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        base = self.credentials["url"]
        if self.certificate:
            base = self.credentials.get("certurl", base)
        else:
            secret = str(self.credentials.get("clientsecret", ""))
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        url = f"{base}/oauth/token"
        try:
            with urllib3.PoolManager(retries=False, ssl_context=self._tls()) as pool:
                response = pool.request(
                    "POST",
                    url,
                    body=urlencode(parameters),
                    headers=headers,
                    timeout=_SECONDS,
                    redirect=False,
                    preload_content=False,
                )
                status, data = response.status, response.read(_MAX_BYTES)
        except urllib3.exceptions.SSLError as error:
            raise ConfigurationError(f"{url}: TLS failed ({error.args[0]})") from None
        except urllib3.exceptions.HTTPError:
            raise ConfigurationError(f"The token service does not respond at {url}") from None
        return _result(url, status, data)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file.exists():
            context.load_verify_locations(self.ca_file)
        if self.certificate:
            # The library reads files only.
            with tempfile.TemporaryDirectory(prefix="xsuaa-token-") as folder:
                file = Path(folder, "certificate-and-key.pem")
                file.touch(mode=0o600)
                file.write_text(f"{self.certificate}\n{self.key}\n")
                try:
                    context.load_cert_chain(file)
                except (ssl.SSLError, OSError) as error:
                    raise ConfigurationError(
                        f"Certificate and key cannot be used ({error.args[-1]})"
                    ) from None
        return context


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return header and claims of a JWT, unverified; None for another token."""
    try:
        jws = split(token)
        header, claims = (read_object(base64url.decode(part)) for part in (jws.header, jws.payload))
    except ValueError:
        return None
    return header, claims


def _result(url: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        document = read_object(data)
    except MalformedJson:
        raise ConfigurationError(f"{url} is no token endpoint: its response is not JSON") from None
    if status != HTTPStatus.OK:
        reason = document.get("error_description") or document.get("error") or "no reason"
        raise RequestRefused(f"The token endpoint refused the request ({status}): {reason}", status)
    return document

"""Requests of commands to the OSB interface of the running server, as every platform sends them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import urllib3

from broker.errors import BrokerError, ConfigurationError
from broker.json_text.reader import MalformedJson, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.settings.model import Settings

_VERSION = "2.17"
_SECONDS = 75.0
"""More than the server waits for another operation on the same service instance."""

_MAX_BYTES = 8_388_608
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced, not bound


class RequestRefused(BrokerError):
    """The server refused a request; the text is its description."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class OsbClient:
    """Sends OSB requests with the broker's user and password."""

    url: str
    authorization: str

    @classmethod
    def of(cls, settings: Settings) -> OsbClient:
        """Return the client of the installation's server; raise ConfigurationError without it."""
        if settings.only:
            raise ConfigurationError(
                f"XSUAA_ONLY={settings.only}: this server has no service broker; run the command"
                " where the broker runs"
            )
        password = settings.broker_password.get_secret_value()
        if not password:
            raise ConfigurationError(
                f"XSUAA_BROKER_PASSWORD: is not set, and {settings.state_dir.absolute()} has no"
                " generated one"
            )
        pair = base64.b64encode(f"{settings.broker_user}:{password}".encode()).decode()
        host = _ANY_ADDRESS.get(settings.host, settings.host)
        return cls(
            f"http://{f'[{host}]' if ':' in host else host}:{settings.port}", f"Basic {pair}"
        )

    def put(self, path: tuple[str, ...], body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Create; return the status, 201 or 200, and the response. Raises as ``_request``."""
        return self._request("PUT", path, json.dumps(body).encode())

    def get(self, path: tuple[str, ...]) -> dict[str, Any]:
        """Read; raises as ``_request``."""
        return self._request("GET", path)[1]

    def delete(self, path: tuple[str, ...], ids: Mapping[str, str]) -> None:
        """Delete; raises as ``_request``."""
        self._request("DELETE", path, query=urlencode(ids))

    def _request(
        self, method: str, path: tuple[str, ...], body: bytes | None = None, *, query: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Return status and document of a success.

        Raises RequestRefused, and ConfigurationError if no such server responds.
        """
        address = "/".join([self.url, "v2", *(quote(step, safe="") for step in path)])
        headers = {
            "Authorization": self.authorization,
            "X-Broker-API-Version": _VERSION,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        try:
            response = urllib3.PoolManager(retries=False).request(
                method,
                f"{address}?{query}" if query else address,
                body=body,
                headers=headers,
                timeout=_SECONDS,
                redirect=False,
                preload_content=False,
            )
            data = response.read(_MAX_BYTES)
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            reason = "no response" if _is_timeout(error) else "no connection"
            raise ConfigurationError(
                f"The server of this installation does not respond at {self.url} ({reason})."
                " Start it with make run or xsuaa-broker serve"
            ) from None
        return self._result(response.status, data)

    def _result(self, status: int, data: bytes) -> tuple[int, dict[str, Any]]:
        if status == HTTPStatus.UNAUTHORIZED:
            raise ConfigurationError(
                f"The server at {self.url} refuses the broker's user and password of this"
                " installation: it is another one, or was started with another"
                " XSUAA_BROKER_USER or XSUAA_BROKER_PASSWORD"
            )
        try:
            document = read_object(data)
        except MalformedJson:
            raise ConfigurationError(
                f"The server at {self.url} is no service broker: its response is not JSON"
            ) from None
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            description = document.get("description")
            text = description if isinstance(description, str) else f"Status {status}."
            raise RequestRefused(text, status)
        return status, document


def _is_timeout(error: urllib3.exceptions.HTTPError) -> bool:
    # A refused connection is a connection timeout, too, in the tree of urllib3's exceptions.
    return isinstance(error, urllib3.exceptions.ReadTimeoutError)

"""A plain HTTP client that sends requests unchanged, whether well formed or not."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from tests.contract.response import JsonObject, Response
from tests.contract.wire import Wire, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERSION = "X-Broker-API-Version"
REQUEST_IDENTITY = "X-Broker-API-Request-Identity"
ORIGINATING_IDENTITY = "X-Broker-API-Originating-Identity"

_WITH_CONTENT = {"Content-Type": "application/json", "Connection": "close"}
_LONGEST_POLL_SECONDS = 600.0
_LONGEST_PAUSE = 30
_MAX_PARALLEL = 64
_INSTANCE, _BINDING = r"/service_instances/[^/]+", r"/service_bindings/[^/]+"
_CALLS = {
    ("GET", "/catalog"): "catalog",
    ("PUT", _INSTANCE): "provision",
    ("GET", _INSTANCE): "fetch_instance",
    ("PATCH", _INSTANCE): "update",
    ("DELETE", _INSTANCE): "deprovision",
    ("GET", f"{_INSTANCE}/last_operation"): "last_operation",
    ("PUT", _INSTANCE + _BINDING): "bind",
    ("GET", _INSTANCE + _BINDING): "fetch_binding",
    ("DELETE", _INSTANCE + _BINDING): "unbind",
    ("GET", f"{_INSTANCE}{_BINDING}/last_operation"): "last_binding_operation",
}

HeaderValue = str | bytes | None


class NoResponse(Exception):
    """The broker closed the connection, was too slow or could not be reached."""


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def call_of(method: str, path: str) -> str:
    """Return the name of the call in the specification; empty for anything else."""
    for (verb, pattern), name in _CALLS.items():
        if verb == method and re.fullmatch(pattern, path):
            return name
    return ""


@dataclass
class Broker:
    """The broker at a URL; keeps every response for the rules."""

    url: str
    user: str
    password: str = field(repr=False)
    api_version: str = "2.17"
    timeout: float = 60.0
    verify: bool | str = True
    seen: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the pool of connections that all requests share."""
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_maxsize=_MAX_PARALLEL)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonObject | bytes | None = None,
        headers: Mapping[str, HeaderValue] | None = None,
    ) -> Response:
        """Send one request below ``/v2``; a header None is omitted, bytes are sent unchanged."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        started = time.monotonic()
        try:
            response = self._session.request(
                method,
                f"{self.url}/v2{path}" + (f"?{urlencode(query)}" if query else ""),
                data=content,
                headers=self._headers(headers or {}, with_content=content is not None),
                auth=_as_it_is,
                timeout=self.timeout,
                allow_redirects=False,
                verify=self.verify,
            )
        except requests.RequestException as error:
            raise NoResponse(f"{method} /v2{path[:80]}: {type(error).__name__}") from None
        seconds = time.monotonic() - started
        return self._response(
            method, path, response.status_code, response.headers, response.content, seconds
        )

    def send_exactly(
        self,
        method: str,
        path: str,
        *,
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Send exactly these bytes on a new connection; ``path`` begins with /v2."""
        request = WireRequest(method, path, tuple(self._completed(headers or [])), body)
        [response] = self._exchanged([request])
        return response

    def send_in_a_row(self, *requests_: WireRequest) -> list[Response]:
        """Send requests on one connection until the server announces its close."""
        return self._exchanged(
            [replace(each, headers=tuple(self._completed(each.headers))) for each in requests_]
        )

    def _exchanged(self, requests_: Sequence[WireRequest]) -> list[Response]:
        wire = Wire(self.url, timeout=self.timeout, verify=self.verify)
        responses: list[Response] = []
        started = time.monotonic()
        try:
            for request, got in wire.exchange(requests_):
                method, path = request.method, request.path.removeprefix("/v2")
                seconds = time.monotonic() - started
                responses.append(
                    self._response(method, path, got.status, got.headers, got.content, seconds)
                )
        except OSError as error:
            request = requests_[len(responses)]
            place = f"{request.method} {request.path[:80]}"
            raise NoResponse(f"{place}: {type(error).__name__}") from None
        return responses

    def _completed(self, headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield the given headers, and the usual ones that are not given."""
        named = {name.lower() for name, _ in headers}
        for name, value in self._headers({}, with_content=False).items():
            if name.lower() not in named:
                yield name, str(value)
        yield from headers

    def end_of(self, path: str, response: Response, query: Mapping[str, str]) -> Response:
        """Wait for the end of an asynchronous operation and return the response with its state."""
        operation = response.members.get("operation")
        asked = {**query, **({"operation": operation} if isinstance(operation, str) else {})}
        give_up = time.monotonic() + _LONGEST_POLL_SECONDS
        while time.monotonic() < give_up:
            polled = self.send("GET", f"{path}/last_operation", query=asked)
            if polled.status in {404, 410} and response.method == "DELETE":
                return response.ended("succeeded")
            state = polled.members.get("state")
            if state in {"succeeded", "failed"}:
                return response.ended(state)
            pause = polled.headers.get("Retry-After", "")
            time.sleep(min(int(pause), _LONGEST_PAUSE) if pause.isdecimal() else 1)
        return response.ended("still in progress")

    def _headers(
        self, changes: Mapping[str, HeaderValue], *, with_content: bool
    ) -> dict[str, str | bytes]:
        usual: dict[str, HeaderValue] = {
            VERSION: self.api_version,
            "Accept": "application/json",
            "Authorization": basic(self.user, self.password),
            # A server that refuses a body unread may close the connection, with or without notice.
            **(_WITH_CONTENT if with_content else {}),
        }
        chosen = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        # requests encodes text as latin-1; other text has to be passed as bytes.
        return {
            name: value.encode() if isinstance(value, str) and not value.isascii() else value
            for name, value in chosen.items()
        }

    def _response(  # noqa: PLR0917 - the parts of a response, in their order
        self,
        method: str,
        path: str,
        status: int,
        headers: Mapping[str, str],
        content: bytes,
        seconds: float,
    ) -> Response:
        call = call_of(method, path)
        return self.keep(Response(call, method, f"/v2{path}", status, headers, content, seconds))

    def keep(self, response: Response) -> Response:
        """Keep a response and return it."""
        self.seen.append(response)
        return response


def _as_it_is(request: Any) -> Any:
    """Keep requests from adding credentials, from .netrc for example."""
    return request

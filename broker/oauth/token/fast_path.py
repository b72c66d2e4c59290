"""The fast path: plain client-credentials and introspection requests bypass the framework (D-50).

Only reading the request and writing the response differ; the endpoint decides. Every other request
and grant passes through the framework, where it may block without delaying these.
"""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import structlog

from broker.logs.requests import correlation_header
from broker.oauth.form import FORM
from broker.oauth.protected_endpoints import is_bearer
from broker.oauth.token.batch import Kind, TokenRequest
from broker.runtime.draining import is_draining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from broker.oauth.token.batch import TokenBatch
    from broker.security_headers import SecurityHeaders

    Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
    Respond = Callable[[int, list[tuple[str, str]], bytes], object]

_log = structlog.get_logger(__name__)

_LENGTH = re.compile(r"[0-9]{1,4}")
"""The length of a body in bytes; longer ones take the framework."""

_FORM_TYPES = frozenset({FORM, f"{FORM}; charset=utf-8", f"{FORM};charset=utf-8"})

_GRANT_TYPE = "client_credentials"

_KINDS = {"/oauth/token": Kind.TOKEN, "/introspect": Kind.INTROSPECTION}

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class TokenFastPath:
    """A WSGI application in front of the framework's."""

    def __init__(
        self, application: Application, batch: TokenBatch, security: SecurityHeaders
    ) -> None:
        """Pass plain requests to ``batch``, all others to ``application``."""
        self._application = application
        self._security = security
        self.batch = batch

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Respond to the request as WSGI defines."""
        request = _plain_request(environ)
        if request is None:
            return self._application(environ, start_response)
        response = self.batch.wait_for_response(request)
        status = f"{response.status:d} {response.status.phrase}"
        start_response(status, self._headers(request))
        return [response.body]

    def try_enqueue(self, environ: dict[str, Any], respond: Respond) -> bool:
        """Return whether the request joined the batch, whose thread calls ``respond``.

        For servers whose threads need not wait for the response.
        """
        request = _plain_request(environ)
        if request is None:
            return False
        self.batch.enqueue(request, partial(self._send, respond))
        return True

    def _send(self, respond: Respond, request: TokenRequest) -> None:
        response = request.final_response
        try:
            respond(response.status, self._headers(request), response.body)
        except Exception as error:  # noqa: BLE001 - the thread serves other requests, too
            request.context.run(_log.error, "unexpected error", exc_info=error)

    def _headers(self, request: TokenRequest) -> list[tuple[str, str]]:
        response = request.final_response
        headers = [
            *response.headers,
            ("Content-Length", str(len(response.body))),
            *correlation_header(request.correlation_id),
            *self._security.of(request.environ),
        ]
        if request.closes_connection or is_draining():
            headers.append(("Connection", "close"))
        return headers


def _plain_request(environ: dict[str, Any]) -> TokenRequest | None:
    """Return the request if it is plain; otherwise None, with the body still readable."""
    length = _plain_length(environ)
    if length is None:
        return None
    body = environ["wsgi.input"].read(length)
    form = _plain_form(body) if len(body) == length else None
    kind = _KINDS[environ["PATH_INFO"]]
    if form is None or not _IS_SERVED[kind](environ, form):
        environ["wsgi.input"] = io.BytesIO(body)
        return None
    return TokenRequest(kind, environ, form)


def _is_client_credentials(_: Mapping[str, Any], form: Mapping[str, str]) -> bool:
    return form.get("grant_type") == _GRANT_TYPE


def _is_by_credentials(environ: Mapping[str, Any], form: Mapping[str, str]) -> bool:
    """Return whether it is an introspection, and no token of the caller needs one, too."""
    return "token" in form and not is_bearer(environ.get("HTTP_AUTHORIZATION", ""))


_IS_SERVED = {Kind.TOKEN: _is_client_credentials, Kind.INTROSPECTION: _is_by_credentials}


def _plain_length(environ: Mapping[str, Any]) -> int | None:
    """Return the length in bytes of a plain request's body, None for other requests."""
    if (
        environ["PATH_INFO"] not in _KINDS
        or environ["REQUEST_METHOD"] != "POST"
        or environ.get("SCRIPT_NAME")
        or environ.get("CONTENT_TYPE", "").lower() not in _FORM_TYPES
        or "HTTP_TRANSFER_ENCODING" in environ
    ):
        return None
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def _plain_form(body: bytes) -> dict[str, str] | None:
    """Return the non-empty parameters; None if one is repeated or not valid text."""
    if not body.isascii():
        return None
    names, parameters = set(), {}
    for part in body.decode().split("&"):
        name, _, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = unquote_plus(name), unquote_plus(value)
            if _REPLACEMENT in value or _REPLACEMENT in name:
                return None
        if name in names:
            return None
        names.add(name)
        if value:
            parameters[name] = value
    return parameters

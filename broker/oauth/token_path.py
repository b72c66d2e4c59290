"""The short way to a token: requests of the usual shape reach the endpoint without the framework.

Reading a request and writing the answer is all that differs; what is decided and answered is the
endpoint's. Whatever looks unusual goes the whole way.
"""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import structlog

from broker.draining import is_draining
from broker.oauth.errors import unforeseen
from broker.oauth.form import FORM
from broker.observability.request_log import begin_request, correlation_header, end_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from broker.oauth.token import TokenEndpoint
    from broker.security_headers import SecurityHeaders

    Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_LENGTH = re.compile(r"[0-9]{1,4}")
"""Of a body in bytes; longer ones are not usual."""

_FORM_TYPES = frozenset({FORM, f"{FORM}; charset=utf-8", f"{FORM};charset=utf-8"})

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_log = structlog.get_logger(__name__)


class TokenPath:
    """A WSGI application in front of the whole one."""

    def __init__(
        self,
        application: Application,
        endpoint: TokenEndpoint,
        security: SecurityHeaders,
        answered: Callable[[str, int, float], None],
    ) -> None:
        """``answered`` hears of each request: the endpoint's name, status, and seconds it took."""
        self._application = application
        self._endpoint = endpoint
        self._security = security
        self._answered = answered

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer the request."""
        form = _usual_form(environ)
        if form is None:
            return self._application(environ, start_response)
        started = time.perf_counter()
        correlation_id = begin_request(environ)
        try:
            answer = self._endpoint.answer(environ, form)
        except Exception as error:  # noqa: BLE001 - no client may see it
            _log.error("unforeseen error", exc_info=error)
            answer = unforeseen()
        seconds = time.perf_counter() - started
        end_request(environ, answer.status, seconds)
        self._answered("token", answer.status, seconds)
        headers = [
            *answer.headers,
            ("Content-Length", str(len(answer.body))),
            *correlation_header(correlation_id),
            *self._security.of(environ),
        ]
        if is_draining():
            headers.append(("Connection", "close"))
        start_response(f"{answer.status:d} {answer.status.phrase}", headers)
        return [answer.body]


def _usual_form(environ: dict[str, Any]) -> dict[str, str] | None:
    """Return the parameters of a token request, None if anything about it is unusual."""
    if (
        environ["PATH_INFO"] != "/oauth/token"
        or environ["REQUEST_METHOD"] != "POST"
        or environ.get("SCRIPT_NAME")
        or environ.get("CONTENT_TYPE", "").lower() not in _FORM_TYPES
        or "HTTP_TRANSFER_ENCODING" in environ
    ):
        return None
    length = environ.get("CONTENT_LENGTH", "")
    if not _LENGTH.fullmatch(length):
        return None
    body = environ["wsgi.input"].read(int(length))
    form = _parameters(body) if len(body) == int(length) else None
    if form is None:
        # For whoever reads it again.
        environ["wsgi.input"] = io.BytesIO(body)
    return form


def _parameters(body: bytes) -> dict[str, str] | None:
    """Return the parameters that have a value, None if one is repeated or is no proper text."""
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

"""Whole HTTP requests in a file, from which the load generator draws at random."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_FORM = "application/x-www-form-urlencoded"


def token_request(client_id: str, secret: str, *, path: str = "/oauth/token") -> bytes:
    """Return a request for a token with client credentials in the Basic header."""
    return form_request(path, {"grant_type": "client_credentials"}, basic(client_id, secret))


def form_request(path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    """Return a POST of a form."""
    body = urlencode(form)
    return _request("POST", path, {**headers, "Content-Type": _FORM}, body)


def get_request(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a GET."""
    return _request("GET", path, headers or {}, "")


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of Basic authentication."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """Write the requests in the form that the load generator reads."""
    with path.open("wb") as file:
        file.writelines(b"%d\n%b" % (len(request), request) for request in requests)
    return path


def _request(method: str, path: str, headers: Mapping[str, str], body: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join([*lines, "", ""]) + body).encode()

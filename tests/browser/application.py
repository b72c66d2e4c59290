"""A small application that uses the authorization-code grant."""

from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import requests

from tests.support.application import Credentials, token_claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Page

_PAGE = "<!doctype html><html lang=en><title>Application</title><h1>Application</h1>"


class _Handler(BaseHTTPRequestHandler):
    pages: Mapping[str, str]
    tokens: list[str]

    def do_GET(self) -> None:
        if authorization := self.headers["Authorization"]:
            self.tokens.append(authorization.removeprefix("Bearer "))
        content = self.pages.get(self.path, _PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Write nothing: the address contains a code."""


@contextmanager
def a_site(
    pages: Mapping[str, str], host: str = "localhost", tokens: list[str] | None = None
) -> Iterator[str]:
    """Yield the origin of a site on this machine; it shows one page except at these paths.

    It adds the bearer tokens that it receives to ``tokens``.
    """
    found = [] if tokens is None else tokens
    handler = type("Handler", (_Handler,), {"pages": pages, "tokens": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Application:
    """Knows its credentials, and the verifier of its next code."""

    credentials: Credentials
    redirect_uri: str
    verifier: str = field(default_factory=lambda: f"{uuid4()}-{uuid4()}")
    state: str = field(default_factory=lambda: str(uuid4()))

    def authorize_url(self, **parameters: str) -> str:
        """Return where a login starts; ``parameters`` replace or add some, empty removes one."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.credentials["clientid"],
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **parameters,
        }
        kept = {name: value for name, value in query.items() if value}
        return f"{self.credentials['url']}/oauth/authorize?{urlencode(kept)}"

    def code_in(self, page: Page) -> str:
        """Return the code with which the browser has come back."""
        query = parse_qs(urlsplit(page.url).query)
        assert page.url.startswith(self.redirect_uri), page.url
        assert query["state"] == [self.state]
        assert query["iss"] == [f"{self.credentials['url']}/oauth/token"]
        return query["code"][0]

    def exchange(self, code: str, **parameters: str) -> requests.Response:
        """Ask for the tokens of the code."""
        return requests.post(
            f"{self.credentials['url']}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": self.verifier,
                **parameters,
            },
            auth=(self.credentials["clientid"], self.credentials["clientsecret"]),
            timeout=30,
        )

    def token(self, page: Page) -> str:
        """Return the access token for the code with which the browser came back."""
        response = self.exchange(self.code_in(page))
        assert response.status_code == 200, response.text
        token: str = response.json()["access_token"]
        return token

    def claims(self, page: Page) -> dict[str, Any]:
        """Return the claims of that access token."""
        return token_claims(self.token(page))

"""An application of its own that uses the authorization-code grant; its pages need no server."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import requests

from tests.support.application import Credentials, token_claims

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

REDIRECT_URI = "http://localhost:9/callback"
"""Allowed in development mode; no browser connects to it."""

_PAGE = "<!doctype html><title>Application</title>"


@dataclass
class Application:
    """Knows its credentials, and the verifier of its next code."""

    credentials: Credentials
    redirect_uri: str = REDIRECT_URI
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

    def serve_to(self, context: BrowserContext) -> None:
        """Show the application's page at the redirect URI."""
        context.route(
            f"{self.redirect_uri}**",
            lambda route: route.fulfill(
                body="<title>Application</title>", content_type="text/html"
            ),
        )

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

    def claims(self, page: Page) -> dict[str, Any]:
        """Return the claims of the access token for the code with which the browser came back."""
        response = self.exchange(self.code_in(page))
        assert response.status_code == 200, response.text
        return token_claims(response.json()["access_token"])

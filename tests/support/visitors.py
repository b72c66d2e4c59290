"""Browsers without a display: they keep cookies, read forms, and follow no redirect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.support.html_forms import Form, Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.testing import FlaskClient

AUTHORIZE = "/oauth/authorize"


@dataclass(frozen=True)
class Reply:
    """A response, read as a browser does."""

    status: int
    headers: Mapping[str, str]
    text: str
    set_cookies: tuple[str, ...]

    @property
    def location(self) -> str:
        """Where the redirect leads, without its query."""
        return self.headers["Location"].partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the redirect."""
        found = parse_qs(urlsplit(self.headers["Location"]).query, strict_parsing=True)
        assert all(len(values) == 1 for values in found.values()), found
        return {name: values[0] for name, values in found.items()}

    @property
    def forms(self) -> list[Form]:
        """The forms of the page."""
        return Page(self.text).forms

    @property
    def links(self) -> list[str]:
        """The targets of the page's links."""
        return Page(self.text).links

    def form(self, action: str) -> Form:
        """Return the form that is sent to this path."""
        return next(form for form in self.forms if form.action == action)

    @property
    def is_login_page(self) -> bool:
        """Whether the page asks for a password."""
        return any("password" in form.inputs for form in self.forms)


class Visitor:
    """A browser at an application of the framework, without a server."""

    def __init__(self, client: FlaskClient) -> None:
        """``client`` sends the requests."""
        self._client = client
        self.headers: dict[str, str] = {"Accept": "text/html,*/*;q=0.8"}

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> Reply:
        """Open a page."""
        return self.send("GET", path, query, None, headers)

    def post(
        self, path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a form."""
        return self.send("POST", path, None, fields, headers)

    def send(
        self,
        method: str,
        path: str,
        query: Any = None,
        fields: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request."""
        sent = {**self.headers, **(headers or {})}
        found = self._client.open(
            path, method=method, query_string=query, data=fields, headers=sent
        )
        text, received = found.get_data(as_text=True), found.headers
        cookies = tuple(received.getlist("Set-Cookie"))
        return Reply(found.status_code, dict(received), text, cookies)

    def submit(self, page: Reply, action: str, **fields: str) -> Reply:
        """Send a form of the page with these additional fields."""
        return self.post(action, {**page.form(action).fields, **fields})

    def set_cookie(self, name: str, value: str) -> None:
        """Store a cookie for the host."""
        self._client.set_cookie(name, value, domain=self.headers["Host"])

    def log_in(self, page: Reply, name: str, password: str) -> Reply:
        """Submit the login form of the page."""
        return self.submit(page, "/login.do", username=name, password=password)

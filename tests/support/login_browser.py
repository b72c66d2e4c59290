"""A browser without scripts: it keeps cookies, reads forms and submits them as browsers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.support.html_forms import Form, Page

if TYPE_CHECKING:
    from tests.support.application import Credentials

HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
CALLBACK = "https://app.example.org/login/callback"


def forms_of(response: requests.Response) -> list[Form]:
    """Return the forms of a page."""
    return Page(response.text).forms


def form_to(response: requests.Response, path: str) -> Form:
    """Return the only form of the page that posts to this path."""
    [found] = [form for form in forms_of(response) if urlsplit(form.action).path == path]
    return found


def query_of(response: requests.Response) -> dict[str, str]:
    """Return the parameters of the URI to which a response redirects."""
    query = parse_qs(urlsplit(response.headers["Location"]).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def passcode_of(page: requests.Response) -> str:
    """Return the passcode on a page."""
    texts = (part.partition("<")[0] for part in page.text.replace("<wbr>", "").split(">"))
    words = (text.strip().replace(" ", "") for text in texts)
    [found] = [word for word in words if len(word) == 10 and word.isupper()]
    return found


class LoginBrowser:
    """A browser at one server; it follows no redirect."""

    def __init__(self, url: str, host: str = "") -> None:
        """``host`` replaces the host name of requests, as a resolver would."""
        self.url = url
        self.session = requests.Session()
        self.session.headers.update({"Accept": HTML, "Accept-Language": "en"})
        if host:
            self.session.headers["Host"] = host

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name."""
        return {cookie.name: cookie.value or "" for cookie in self.session.cookies}

    def get(self, path: str, **options: Any) -> requests.Response:
        """Open a page."""
        return self.send("GET", path, **options)

    def post(self, path: str, fields: dict[str, str], **options: Any) -> requests.Response:
        """Send a form."""
        return self.send("POST", path, data=fields, **options)

    def submit(self, form: Form, **fields: str) -> requests.Response:
        """Send a form of a page with these values."""
        assert form.method == "post"
        return self.post(form.action, {**form.fields, **fields})

    def authorize(self, credentials: Credentials, **parameters: str) -> requests.Response:
        """Begin a login of the application, like the application router."""
        asked = {
            "response_type": "code",
            "client_id": credentials["clientid"],
            "redirect_uri": CALLBACK,
            **parameters,
        }
        return self.get("/oauth/authorize", params={k: v for k, v in asked.items() if v})

    def log_on(self, page: requests.Response, name: str, password: str) -> requests.Response:
        """Send the form of a login page."""
        form = form_to(page, "/login.do")
        return self.submit(form, username=name, password=password)

    def code(self, credentials: Credentials, name: str, password: str, **parameters: str) -> str:
        """Log a user on and return the authorization code."""
        response = self.log_on(self.authorize(credentials, **parameters), name, password)
        assert response.status_code == 303, response.text
        return query_of(response)["code"]

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request."""
        url = urljoin(self.url, path)
        return self.session.request(method, url, allow_redirects=False, timeout=60, **options)


def exchange(credentials: Credentials, code: str, **parameters: str) -> requests.Response:
    """Exchange an authorization code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": credentials["clientid"],
        "client_secret": credentials["clientsecret"],
        **parameters,
    }
    return requests.post(f"{credentials['url']}/oauth/token", form, timeout=60)

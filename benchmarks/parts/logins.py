"""Logins in the browser: the size of the page, codes for sessions, and tokens beside logins."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests

from benchmarks.cores import server_core
from benchmarks.http_requests import get_request, write_requests
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.parts.passwords import Clients, beside
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.databases import place_migrated_file
from tests.support.domain import Domain
from tests.support.login_browser import CALLBACK
from tests.support.login_service import Logins
from tests.support.login_world import LoginWorld
from tests.support.people import PASSWORD as USER_PASSWORD
from tests.support.platform import PlatformClient
from tests.support.session_cost import statements_of_codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from tests.support.server import Server

PAGE, CODE = "login page", "code for a session"
ALONE, BESIDE = "tokens at 40 %", "tokens at 40 %, 16 browsers log in"
KILOBYTES = "KB in all"
STATEMENTS = "statements"

_BROWSERS = 16
_FORM = "application/x-www-form-urlencoded"
_CONNECTIONS = 4


def measure(bench: Bench) -> Table:
    """Measure the page with all that it loads, codes, and token times beside logins."""
    url = bench.databases.empty("sqlite", "logins")
    with measured_server(bench, "logins", server_core(), url) as (server, what):
        world = _world(server)
        names = [f"bench-{number}" for number in range(_BROWSERS)]
        for name in names:
            world.add_user(name)
        file = write_requests(bench.directory / "codes", [_authorize_request(world)])
        codes = [bench.sample(what, file, connections=_CONNECTIONS) for _ in bench.rounds()]

        path = _authorize_path(world)

        def browser(number: int) -> Callable[[], int]:
            return _Browser(server, path, names[number]).log_in

        rows = {
            PAGE: {KILOBYTES: _size(world) / 1000},
            CODE: figures(codes) | {STATEMENTS: _statements(bench)},
            **beside(bench, what, world.credentials, Clients(browser, _BROWSERS), (ALONE, BESIDE)),
        }
    return Table(
        "Logins in the browser: one worker on one core, SQLite",
        rows,
        "The statements are those of the most expensive request with a session, which looks up the"
        " user's roles and records the use of the session.",
    )


def _world(server: Server) -> LoginWorld:
    return LoginWorld.create(server, PlatformClient(server.url, USER, PASSWORD))


def _size(world: LoginWorld) -> int:
    """Return the bytes of the login page and of all that it loads."""
    page = world.browser().authorize(world.credentials)
    loaded = set(re.findall(r'(?:src|href)="(/[^"]+\.(?:css|svg))"', page.text))
    return len(page.content) + sum(
        len(requests.get(f"{world.server.url}{path}", timeout=30).content) for path in loaded
    )


def _statements(bench: Bench) -> int:
    """Return the most statements of a code for a session, counted without a server."""
    url = bench.databases.empty("sqlite", "statements")
    place_migrated_file(Path(url.removeprefix("sqlite:///")))
    domain = Domain(url)
    most = max(statements_of_codes(Logins(domain)))
    domain.close()
    return most


def _authorize_path(world: LoginWorld) -> str:
    asked = {
        "response_type": "code",
        "client_id": world.credentials["clientid"],
        "redirect_uri": CALLBACK,
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def _authorize_request(world: LoginWorld) -> bytes:
    """Return a request of a browser with a session, which gives the application a code."""
    cookies = world.logged_on().cookies
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return get_request(_authorize_path(world), {"Cookie": sent})


class _Browser:
    """A browser of a user who logs in again and again; it takes little time of the client's core.

    It has one cookie, before the login: each login begins without a session.
    """

    def __init__(self, server: Server, authorize: str, user_name: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._headers = {"Host": f"localhost:{server.port}", "Accept": "text/html"}
        self._authorize, self._user_name = authorize, user_name

    def log_in(self) -> int:
        """Open the login page and send its form; return the status."""
        self._connection.request("GET", self._authorize, headers=self._headers)
        response = self._connection.getresponse()
        page = response.read().decode()
        if response.status != 200:  # noqa: PLR2004 - HTTP
            return response.status
        cookie = (response.headers["Set-Cookie"] or "").partition(";")[0]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        form = {**hidden, "username": self._user_name, "password": USER_PASSWORD}
        headers = {**self._headers, "Cookie": cookie, "Content-Type": _FORM}
        self._connection.request("POST", "/login.do", urlencode(form), headers)
        response = self._connection.getresponse()
        response.read()
        return response.status

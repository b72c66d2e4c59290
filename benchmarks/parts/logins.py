"""Logins in the browser: the size of the page, codes for sessions, and tokens beside logins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import requests

from benchmarks.cores import server_core
from benchmarks.http_requests import get_request, write_requests
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.parts.passwords import Clients, beside
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.login_browser import CALLBACK, LoginBrowser
from tests.support.login_world import LoginWorld
from tests.support.people import PASSWORD as USER_PASSWORD
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from tests.support.server import Server

PAGE, CODE = "login page", "code for a session"
ALONE, BESIDE = "tokens at 40 %", "tokens at 40 %, 16 browsers log in"
KILOBYTES = "KB in all"

_BROWSERS = 16
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

        def browser(number: int) -> Callable[[], int]:
            return lambda: _log_in(world, names[number])

        rows = {
            PAGE: {KILOBYTES: _size(world) / 1000},
            CODE: figures(codes),
            **beside(bench, what, world.credentials, Clients(browser, _BROWSERS), (ALONE, BESIDE)),
        }
    return Table("Logins in the browser: one worker on one core, SQLite", rows)


def _world(server: Server) -> LoginWorld:
    return LoginWorld.create(server, PlatformClient(server.url, USER, PASSWORD))


def _size(world: LoginWorld) -> int:
    """Return the bytes of the login page and of all that it loads."""
    page = world.browser().authorize(world.credentials)
    loaded = set(re.findall(r'(?:src|href)="(/[^"]+\.(?:css|svg))"', page.text))
    return len(page.content) + sum(
        len(requests.get(f"{world.server.url}{path}", timeout=30).content) for path in loaded
    )


def _authorize_request(world: LoginWorld) -> bytes:
    """Return a request of a browser with a session, which gives the application a code."""
    cookies = world.logged_on().cookies
    asked = requests.Request(
        "GET",
        f"{world.server.url}/oauth/authorize",
        params={
            "response_type": "code",
            "client_id": world.credentials["clientid"],
            "redirect_uri": CALLBACK,
        },
    ).prepare()
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return get_request(asked.path_url, {"Cookie": sent})


def _log_in(world: LoginWorld, name: str) -> int:
    browser: LoginBrowser = world.browser()
    page = browser.authorize(world.credentials)
    if page.status_code != 200:  # noqa: PLR2004 - HTTP
        return page.status_code
    return browser.log_on(page, name, USER_PASSWORD).status_code

"""Attacks on logins in the browser, at a running server (TH-01 to TH-05, TH-16, TH-21)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import func, select

from broker.store.tables.core import metadata
from tests.support.login_browser import CALLBACK, exchange, form_to, query_of
from tests.support.login_world import LOGOUT, LoginWorld
from tests.support.people import PASSWORD
from tests.support.platform import PlatformClient
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.login_browser import LoginBrowser
    from tests.support.server import Server

EVIL = "https://evil.test"


@pytest.fixture(scope="module")
def world(servers: Callable[[str], Server]) -> LoginWorld:
    """An application on the shared server; nothing here depends on the kind of database."""
    server = servers("sqlite")
    return LoginWorld.create(server, PlatformClient(server.url, server.user, server.password))


@pytest.fixture(scope="module")
def other(world: LoginWorld) -> LoginWorld:
    """Another application of the zone."""
    server = world.server
    return LoginWorld.create(server, PlatformClient(server.url, server.user, server.password))


def rows(world: LoginWorld) -> dict[str, int]:
    """Return the number of rows of each table that requests write themselves.

    The use of credentials is counted later, in a number of rows that depends on credentials only.
    """
    counted = {table for table in metadata.tables if not table.startswith("credential_")}
    with store_of(world.server) as store, store.engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(metadata.tables[name])
            ).scalar_one()
            for name in counted - {"refused_attempt"}
        }


def pkce() -> tuple[str, str]:
    """Return a code verifier and its challenge."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# Interception and injection of codes (TH-02)


def test_a_code_is_bound_to_client_redirect_and_verifier(
    world: LoginWorld, other: LoginWorld
) -> None:
    """I-110, I-111: wrong attempts do not use the code up."""
    verifier, challenge = pkce()
    code = world.browser().code(
        world.credentials,
        world.user_name,
        PASSWORD,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    attempts: list[dict[str, str]] = [
        {},
        {"code_verifier": pkce()[0]},
        {"code_verifier": challenge},
        {"code_verifier": verifier, "redirect_uri": LOGOUT},
        {"code_verifier": verifier, "redirect_uri": f"{CALLBACK}?x=1"},
    ]
    for attempt in attempts:
        assert exchange(world.credentials, code, **attempt).status_code == 400, attempt
    stolen = exchange(other.credentials, code, code_verifier=verifier)
    assert stolen.status_code in {400, 401}
    assert exchange(world.credentials, code, code_verifier=verifier).status_code == 200
    assert exchange(world.credentials, code, code_verifier=verifier).status_code == 400


def test_a_verifier_without_a_challenge_is_refused(world: LoginWorld) -> None:
    """RFC 9700 section 4.8.2: a downgrade of PKCE."""
    code = world.browser().code(world.credentials, world.user_name, PASSWORD)
    assert exchange(world.credentials, code, code_verifier=pkce()[0]).status_code == 400
    for parameters in (
        {"code_challenge": pkce()[1], "code_challenge_method": "plain"},
        {"code_challenge": pkce()[1]},
        {"code_challenge_method": "S256"},
    ):
        asked = world.browser().authorize(world.credentials, **parameters)
        assert query_of(asked)["error"] == "invalid_request"


def test_the_response_names_its_issuer(world: LoginWorld) -> None:
    """RFC 9207; the state is returned unchanged."""
    browser = world.logged_on()
    state = "a b&c=d%26\u00e4<>\"'"
    found = query_of(browser.authorize(world.credentials, state=state))
    assert set(found) == {"code", "state", "iss"}
    assert found["state"] == state
    assert found["iss"] == f"{world.server.url}/oauth/token"


# Parameters (TH-03, I-60)


@pytest.mark.parametrize(
    "query",
    [
        "&client_id=sb-other!t1",
        f"&redirect_uri={EVIL}",
        "&response_type=token",
        "&state=1&state=2",
        "&state=%00",
        "&x=%0d%0aSet-Cookie:a=b",
        "&x=" + "a" * 8200,
    ],
)
def test_repeated_long_and_control_parameters_are_a_page(world: LoginWorld, query: str) -> None:
    start = (
        f"/oauth/authorize?response_type=code&client_id={world.credentials['clientid']}"
        f"&redirect_uri={CALLBACK}"
    )
    response = world.logged_on().get(start + query)
    assert response.status_code in {400, 414}
    assert "Location" not in response.headers
    assert "a=b" not in str(response.headers)


# Cross-site requests (TH-04) and fixation (TH-05)


def test_a_login_form_is_of_one_browser(world: LoginWorld) -> None:
    """I-92: an attacker's form and cookie do not log the victim on as the attacker."""
    attacker, victim = world.browser(), world.browser()
    page = attacker.authorize(world.credentials)
    victim.authorize(world.credentials)
    form = form_to(page, "/login.do")
    fields = {**form.fields, "username": world.user_name, "password": PASSWORD}
    assert victim.post("/login.do", fields).status_code in {400, 403}
    assert world.browser().post("/login.do", fields).status_code in {400, 403}
    for headers in (
        {"Origin": EVIL},
        {"Origin": f"{world.server.url}.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ):
        refused = attacker.post("/login.do", fields, headers=headers)
        assert refused.status_code == 403, headers
    for missing in ("csrf", "pending"):
        without = {name: value for name, value in fields.items() if name != missing}
        assert attacker.post("/login.do", without).status_code in {400, 403}
    assert not [name for name in attacker.cookies if "session" in name]
    assert attacker.post("/login.do", fields).status_code == 303


def test_the_session_id_is_new_at_every_logon(world: LoginWorld) -> None:
    """I-83: a planted cookie never becomes a session, and a logon ends the one before."""
    name = f"xs-session-{world.server.port}-{world.zone_index}"
    browser = world.browser()
    planted = secrets.token_urlsafe(32)
    browser.session.cookies.set(name, planted, domain="localhost.local")
    before = browser.authorize(world.credentials)
    binding = browser.cookies[f"xs-login-{world.server.port}"]
    browser.log_on(before, world.user_name, PASSWORD)
    first = browser.cookies[name]
    assert first not in {planted, binding}
    old = world.browser()
    old.session.cookies.set(name, first, domain="localhost.local")
    assert world.has_session(old)
    again = browser.authorize(world.credentials, prompt="login")
    assert browser.log_on(again, world.user_name, PASSWORD).status_code == 303
    assert world.has_session(browser)
    assert not world.has_session(old)


def test_a_cookie_of_another_zone_or_form_is_no_session(world: LoginWorld) -> None:
    browser = world.logged_on()
    port, index = world.server.port, world.zone_index
    value = browser.cookies[f"xs-session-{port}-{index}"]
    for name in (f"xs-session-{port}-{index + 1}", f"xs-login-{port}", f"xs-session-{index}"):
        thief = world.browser()
        thief.session.cookies.set(name, value)
        assert not world.has_session(thief), name


# Frames of other sites: TH-16


def test_pages_cannot_be_framed(world: LoginWorld) -> None:
    """I-87, I-91."""
    browser = world.logged_on()
    pages = [
        world.browser().authorize(world.credentials),
        world.browser().get("/oauth/authorize"),
        browser.get("/logout.do"),
        browser.get(f"/passcode?zone={world.zone}"),
        browser.get(f"/account?zone={world.zone}"),
        browser.get("/unknown"),
    ]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"


# No effect (D-42) and no rows (TH-21)


@pytest.mark.parametrize(
    ("method", "headers"),
    [("HEAD", {}), ("GET", {"Sec-Purpose": "prefetch"}), ("GET", {"Sec-Purpose": "prerender"})],
)
def test_head_and_prefetch_have_no_effect(
    world: LoginWorld, method: str, headers: dict[str, str]
) -> None:
    browser = world.logged_on()
    client_id = world.credentials["clientid"]
    before = rows(world)
    for path in (
        f"/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={CALLBACK}",
        f"/logout.do?client_id={client_id}",
        f"/passcode?zone={world.zone}",
        "/login/callback/corporate?code=a&state=b",
        "/set-password?link=x",
    ):
        response = browser.session.request(
            method, f"{world.server.url}{path}", headers=headers, allow_redirects=False, timeout=30
        )
        assert response.status_code < 500 or response.status_code == 503, path
        assert "Location" not in response.headers, path
        assert response.content == b"" or method == "GET", path
    assert rows(world) == before
    assert world.has_session(browser)


@pytest.mark.parametrize(
    "number_of_requests", [1_000, pytest.param(10_000, marks=pytest.mark.soak)]
)
def test_anonymous_requests_add_no_row(world: LoginWorld, number_of_requests: int) -> None:
    """I-93."""
    before = rows(world)

    def ask(number: int) -> int:
        browser = world.browser()
        response = browser.authorize(world.credentials, state=f"s-{number}")
        if number % 4 == 0:
            form = form_to(response, "/login.do")
            browser.post("/login.do", {**form.fields, "csrf": "x"})
            browser.get("/logout.do")
            browser.get(f"/passcode?zone={world.zone}")
        return response.status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(ask, range(number_of_requests)))
    assert statuses == {200: number_of_requests}
    after = rows(world)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}


# Cookie bombs


def test_cookie_bombs_are_bounded(world: LoginWorld) -> None:
    """No size or number of cookies makes the server fail."""
    port, index = world.server.port, world.zone_index
    bombs = [
        "; ".join(f"xs-session-{port}-{number}=" + "a" * 43 for number in range(150)),
        f"xs-session-{port}-{index}=" + "a" * 6000,
        f"xs-login-{port}=" + "b" * 6000,
        "; ".join(f"xs-idp-{port}-{number:08x}=" + "c" * 80 for number in range(60)),
        "=; =;;;, \x7f=\xff; a",
        "x" * 60_000,
    ]
    client_id = world.credentials["clientid"]
    for bomb in bombs:
        for path in (
            f"/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={CALLBACK}",
            "/logout.do",
            f"/passcode?zone={world.zone}",
            "/login/callback/corporate?code=a&state=b",
            f"/account?zone={world.zone}",
        ):
            response = requests.get(
                f"{world.server.url}{path}",
                headers={"Cookie": bomb.encode("latin-1"), "Accept": "text/html"},
                allow_redirects=False,
                timeout=30,
            )
            assert response.status_code < 500, (path, bomb[:40], response.status_code)


def test_many_wrong_forms_are_client_errors(world: LoginWorld) -> None:
    """Every field of every form as garbage: no failure of the server."""
    browser = world.browser()
    browser.authorize(world.credentials)
    garbage: list[Any] = ["", "x", "\x00", "%00", "a" * 20_000, "\u202e\U0001f600", "e30.e30.x"]
    for path in (
        "/login.do",
        "/change-password",
        "/login/consent",
        "/login/switch",
        "/login/start/corporate",
        "/logout.do",
        "/set-password",
        "/account/sessions",
        "/account/applications",
        "/account/password",
    ):
        for value in garbage:
            names = ("csrf", "pending", "username", "password", "proof", "link", "session")
            response = browser.post(path, dict.fromkeys(names, value))
            assert response.status_code < 500, (path, value[:20], response.status_code)
            if "Location" in response.headers:
                location = urlsplit(response.headers["Location"])
                assert location.netloc in {"", urlsplit(world.server.url).netloc}


def cookie_attributes(browser: LoginBrowser) -> dict[str, Any]:
    """Return the attributes of the session cookie."""
    [found] = [cookie for cookie in browser.session.cookies if "session" in cookie.name]
    return {"http_only": found.has_nonstandard_attr("HttpOnly"), "expires": found.expires}


def test_the_session_cookie_is_not_for_scripts(world: LoginWorld) -> None:
    """I-82."""
    assert cookie_attributes(world.logged_on()) == {"http_only": True, "expires": None}

"""Logins at identity providers, honest and hostile, on the real server (I-35 to I-50, TH-06)."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.support.application import token_claims
from tests.support.hostile_provider import (
    CLIENT_ID,
    HostileProvider,
    Reply,
    a_key,
    signed,
    unsigned,
)
from tests.support.login_browser import CALLBACK, exchange, form_to, query_of
from tests.support.people import people_of
from tests.support.platform import a_guid
from tests.support.provider_login import JWT_BEARER, ProviderLogin

if TYPE_CHECKING:
    from tests.support.server import Server

EMAIL = ("--email", "anna@example.org")


@pytest.fixture
def login(servers: Callable[[str], Server]) -> Iterator[ProviderLogin]:
    """The database decides nothing of what is tested here; see tests/unit for both kinds."""
    with HostileProvider() as provider:
        yield ProviderLogin.create(servers("sqlite"), provider)


def test_a_user_logs_on_at_the_provider(login: ProviderLogin) -> None:
    login.add_provider()
    login.provider.claims = {"groups": ["viewers", "other"], "email": "anna@example.org"}
    people = people_of(login.server, login.credentials)
    app_id = login.credentials["xsappname"]
    run = people._run
    run("role-collections", "create", "From groups")
    run(
        *("role-collections", "add-role", "From groups", "--app", app_id),
        *("--template", "Viewer", "--role", "Viewer"),
    )
    run(
        *("role-collections", "map", "From groups", "--origin", login.origin),
        *("--attribute", "Groups", "--value", "viewers"),
    )
    browser = login.browser()
    url = login.start(browser)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["redirect_uri"] == f"{login.server.url}/login/callback/{login.origin}"
    assert asked["client_id"] == CLIENT_ID
    assert asked["code_challenge_method"] == "S256"
    assert {len(asked[name]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert [name for name in browser.cookies if "idp" in name]

    response = login.callback(browser, login.provider.authorized(url))
    assert response.status_code in {302, 303}, response.text
    assert response.headers["Location"].startswith(f"{CALLBACK}?")
    assert not [name for name in browser.cookies if "idp" in name]

    tokens = exchange(login.credentials, query_of(response)["code"]).json()
    claims = token_claims(tokens["access_token"])
    assert (claims["user_name"], claims["origin"]) == ("anna", login.origin)
    assert f"{app_id}.Display" in claims["scope"]
    assert claims["xs.system.attributes"]["xs.saml.groups"] == ["viewers", "other"]
    assert login.provider.paths()[-3:] == ["/token", "/keys", "/userinfo"]

    # The session continues without the provider.
    again = browser.authorize(login.credentials, prompt="none")
    assert "code" in query_of(again)

    logout = browser.get(
        "/logout.do", params={"client_id": login.credentials["clientid"], "redirect": CALLBACK}
    )
    target = urlsplit(logout.headers["Location"])
    assert logout.headers["Location"].startswith(f"{login.provider.issuer}/logout?")
    parameters = dict(parse_qsl(target.query))
    assert token_claims(parameters["id_token_hint"])["sub"] == "subject-1"
    returned = browser.get(
        urlsplit(parameters["post_logout_redirect_uri"]).path,
        params={"state": parameters["state"]},
    )
    assert returned.headers["Location"] == CALLBACK
    assert (
        "login_required" in browser.authorize(login.credentials, prompt="none").headers["Location"]
    )


def refused(login: ProviderLogin, response: requests.Response, status: int = 502) -> None:
    assert response.status_code == status, response.text
    assert "Location" not in response.headers
    if status == 502:
        assert f"{login.credentials['identityzone']}</title>" in response.text
    assert login.users() == []


FOREIGN = a_key("foreign")
TOKENS: dict[str, Callable[[dict[str, Any]], str]] = {
    "no algorithm": lambda claims: unsigned({"alg": "none"}, claims, ""),
    "key of another": lambda claims: signed(claims, FOREIGN, kid="first"),
    "key in the header": lambda claims: signed(claims, FOREIGN, jwk=FOREIGN.as_dict(private=False)),
    "key id as path": lambda claims: signed(claims, FOREIGN, kid="../../first"),
    "other nonce": lambda claims: signed(claims | {"nonce": "replayed"}),
    "other audience": lambda claims: signed(claims | {"aud": "other"}),
    "other party": lambda claims: signed(claims | {"aud": [CLIENT_ID, "other"]}),
    "expired": lambda claims: signed(claims | {"exp": claims["iat"] - 3600}),
    "other issuer": lambda claims: signed(claims | {"iss": "https://honest.example.org"}),
    "no subject": lambda claims: signed(claims | {"sub": ""}),
}


def test_forged_and_replayed_tokens_are_refused(login: ProviderLogin) -> None:
    """TH-08; each defect also in tests/unit/relying_party/test_id_token.py."""
    login.add_provider()
    for name, make_token in TOKENS.items():
        login.provider.make_token = make_token
        response = login.finish(login.browser())
        assert response.status_code == 502, name
        assert "Location" not in response.headers
    assert login.users() == []
    assert not [path for path in login.provider.paths() if "first" in path]


def test_a_response_of_another_issuer_is_refused(login: ProviderLogin) -> None:
    login.add_provider()
    for issuer in ("https://evil.example.org", f"{login.provider.issuer}/", "", None):
        requests_before = login.provider.paths().count("/token")
        refused(login, login.finish(login.browser(), iss=issuer))
        assert login.provider.paths().count("/token") == requests_before


def test_a_provider_that_answers_at_the_callback_of_another_is_refused(
    login: ProviderLogin,
) -> None:
    """Mix-up (RFC 9700 section 4.4)."""
    login.add_provider()
    with HostileProvider() as evil:
        other = ProviderLogin(login.server, login.credentials, evil, f"evil-{a_guid()[:8]}")
        other.add_provider()
        browser = login.browser()
        honest_url = login.start(browser)
        login.callback(browser, login.provider.authorized(honest_url), other.origin)
        refused(login, login.callback(browser, login.provider.authorized(honest_url)), 400)

        browser = login.browser()
        evil_url = other.start(browser)
        response = login.callback(
            browser, login.provider.authorized(honest_url) | evil.authorized(evil_url)
        )
        refused(login, response, 400)
        assert "/token" not in evil.paths()
    assert "/token" not in login.provider.paths()


def test_the_attempt_is_of_one_browser_and_used_once(login: ProviderLogin) -> None:
    """Login CSRF: a callback URL of an attacker is worthless in another browser."""
    login.add_provider()
    attacker, victim = login.browser(), login.browser()
    response = login.provider.authorized(login.start(attacker))
    refused(login, login.callback(victim, response), 400)
    login.start(victim)
    refused(login, login.callback(victim, response), 400)
    assert "/token" not in login.provider.paths()
    assert login.callback(attacker, response).status_code in {302, 303}
    assert login.callback(attacker, response).status_code == 400
    assert login.provider.paths().count("/token") == 1


def test_head_and_prefetch_consume_nothing(login: ProviderLogin) -> None:
    login.add_provider()
    browser = login.browser()
    response = login.provider.authorized(login.start(browser))
    path = f"/login/callback/{login.origin}"
    head = browser.session.head(f"{login.server.url}{path}", params=response, timeout=60)
    assert head.status_code == 204
    prefetched = browser.get(path, params=response, headers={"Sec-Purpose": "prefetch"})
    assert prefetched.status_code == 503
    assert "/token" not in login.provider.paths()
    assert login.callback(browser, response).status_code in {302, 303}


def test_a_fresh_authentication_is_requested_and_checked(login: ProviderLogin) -> None:
    """I-66, I-67: ``prompt=login`` and ``max_age`` reach the provider."""
    login.add_provider()
    browser = login.browser()
    assert login.callback(browser, login.provider.authorized(login.start(browser))).ok
    url = login.start(browser, prompt="login", max_age="100", login_hint="anna@example.org")
    asked = dict(parse_qsl(urlsplit(url).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "100")
    assert asked["login_hint"] == "anna@example.org"
    login.provider.claims = {"auth_time": int(login.provider.now()) - 3600}
    assert login.callback(browser, login.provider.authorized(url)).status_code == 502
    login.provider.claims = {}
    url = login.start(browser, prompt="login", max_age="100")
    response = login.callback(browser, login.provider.authorized(url))
    assert "code" in query_of(response)


def test_several_tabs_and_at_most_three_attempts(login: ProviderLogin) -> None:
    login.add_provider()
    browser = login.browser()
    urls = [login.start(browser, state=str(number)) for number in range(4)]
    attempts = [value for name, value in browser.cookies.items() if "idp" in name]
    assert len(attempts) == 3
    assert max(map(len, attempts)) <= 1500
    for number, url in list(enumerate(urls))[2:]:
        response = login.callback(browser, login.provider.authorized(url))
        assert query_of(response)["state"] == str(number)


MALFORMED: list[dict[str, Any]] = [
    {"code": None},
    {"code": ""},
    {"code": "x" * 5000},
    {"state": None},
    {"state": "x" * 43},
    {"state": 'x"();=, \x00'},
]


def test_a_malformed_callback_is_refused(login: ProviderLogin) -> None:
    login.add_provider()
    for changes in MALFORMED:
        response = login.finish(login.browser(), **changes)
        assert response.status_code in {400, 502}, changes
    for cookie in ('xs-idp-x"()', "xs-idp-aaaaaaaa"):
        name = cookie.replace("xs-idp", f"xs-idp-{login.server.port}")
        response = login.browser().get(
            f"/login/callback/{login.origin}",
            params={"state": name[-8:] + "x" * 35, "code": "c"},
            headers={"Cookie": f"{name}=x"},
        )
        assert response.status_code == 400
    assert "/token" not in login.provider.paths()


def test_repeated_parameters_are_refused(login: ProviderLogin) -> None:
    login.add_provider()
    browser = login.browser()
    answer = login.provider.authorized(login.start(browser))
    path = f"/login/callback/{login.origin}"
    for name in ("state", "code", "iss"):
        repeated = [*answer.items(), (name, answer[name])]
        assert browser.get(path, params=repeated).status_code in {400, 502}
        answer = login.provider.authorized(login.start(browser))
    assert "/token" not in login.provider.paths()


def test_an_error_of_the_provider_is_text(login: ProviderLogin) -> None:
    login.add_provider()
    response = login.finish(
        login.browser(),
        code=None,
        error="access_denied",
        error_description="<script>alert(1)</script>\x00'\"",
    )
    refused(login, response, 403)
    assert "<script>" not in response.text
    assert "&lt;script&gt;" in response.text
    assert "access_denied" in response.text


UNUSABLE = [
    ("/token", Reply(b"{", headers={"Content-Type": "application/json"})),
    ("/token", Reply(b"[]")),
    ("/token", Reply(b'{"id_token":7}')),
    ("/token", Reply(b"{}", status=500)),
    ("/token", Reply(status=302, headers={"Location": "/keys"})),
    ("/token", Reply(b"x" * 300_000)),
    ("/keys", Reply(b'{"keys":{}}')),
    ("/keys", Reply(status=404)),
    ("/userinfo", Reply(b'{"sub":"another"}')),
    ("/userinfo", Reply(status=401)),
    ("/userinfo", Reply(b"token", headers={"Content-Type": "application/jwt"})),
]


def test_an_unusable_response_is_refused(login: ProviderLogin) -> None:
    login.add_provider(cacheJwks=False)
    for path, reply in UNUSABLE:
        login.provider.replies = {path: partial(replace, reply)}
        response = login.finish(login.browser())
        assert response.status_code == 502, (path, reply)
    assert login.users() == []


DOCUMENTS: list[dict[str, Any]] = [
    {"issuer": "https://evil.example.org"},
    {"authorization_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "http://login.example.org/"},
    {"authorization_endpoint": ["x"]},
    {"jwks_uri": None},
    {"token_endpoint": ""},
]


def test_an_unusable_discovery_document_is_refused(login: ProviderLogin) -> None:
    for number, document in enumerate(DOCUMENTS):
        with HostileProvider(discovery=document) as provider:
            other = ProviderLogin(
                login.server, login.credentials, provider, f"{login.origin}-{number}"
            )
            other.add_provider()
            response = login.browser().authorize(login.credentials, idp=other.origin)
            assert response.status_code == 502, document
            assert f"{login.credentials['identityzone']}</title>" in response.text
            assert "Location" not in response.headers
            assert "evil" not in response.text


def test_endpoints_on_private_addresses_are_not_requested(login: ProviderLogin) -> None:
    login.provider.discovery = {
        "token_endpoint": "https://169.254.169.254/latest",
        "jwks_uri": "https://metadata.google.internal/keys",
    }
    login.add_provider()
    refused(login, login.finish(login.browser()))


def test_an_inactive_provider_has_no_callback(login: ProviderLogin) -> None:
    login.add_provider()
    browser = login.browser()
    answer = login.provider.authorized(login.start(browser))
    login.command("set", login.origin, "--inactive")
    refused(login, login.callback(browser, answer))
    assert "/token" not in login.provider.paths()
    again = login.browser().authorize(login.credentials, idp=login.origin)
    assert again.status_code in {400, 403}


def test_another_provider_of_the_same_origin_does_not_continue_an_attempt(
    login: ProviderLogin,
) -> None:
    login.add_provider()
    browser = login.browser()
    answer = login.provider.authorized(login.start(browser))
    login.command("delete", login.origin, "--yes")
    login.add_provider()
    refused(login, login.callback(browser, answer))


def test_a_provider_that_creates_no_users(login: ProviderLogin) -> None:
    login.add_provider(addShadowUserOnLogin=False)
    response = login.finish(login.browser())
    refused(login, response, 403)
    assert "The user account must be pre-created." in response.text


def test_a_login_page_offers_the_provider_and_its_form_starts_it(login: ProviderLogin) -> None:
    login.add_provider()
    browser = login.browser()
    page = browser.authorize(login.credentials)
    form = form_to(page, f"/login/start/{login.origin}")
    assert browser.post(form.action, {**form.fields, "csrf": "x"}).status_code in {400, 403}
    started = browser.submit(form)
    assert started.status_code == 303
    response = login.callback(browser, login.provider.authorized(started.headers["Location"]))
    assert response.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert browser.get(form.action).status_code == 405


def test_keys_and_endpoints_of_a_provider_with_users_are_those_of_its_issuer(
    login: ProviderLogin,
) -> None:
    """D-46: an administrator of providers would otherwise be every user of them."""
    with HostileProvider(keys=[FOREIGN], make_token=lambda c: signed(c, FOREIGN)) as evil:
        login.add_provider(tokenKeyUrl=f"{evil.issuer}/keys", tokenUrl=f"{evil.issuer}/token")
        people = people_of(login.server, login.credentials)
        people._run("users", "add", "anna", "--origin", login.origin, *EMAIL)
        response = login.finish(login.browser())
        assert response.status_code in {302, 303, 403}, response.text
        assert evil.requests == []
        for change in ("tokenKeyUrl", "tokenUrl", "authUrl", "userInfoUrl", "discoveryUrl"):
            document = json.dumps({change: f"{evil.issuer}/x"})
            changed = login.command("set", login.origin, "--file", "-", stdin=document, check=False)
            assert changed.returncode == 1
        document = json.dumps({"attributeMappings": {"user_name": "email"}})
        changed = login.command("set", login.origin, "--file", "-", stdin=document, check=False)
        assert changed.returncode == 1
        assert evil.requests == []


def test_explicit_urls_need_the_discovery_of_the_issuer(login: ProviderLogin) -> None:
    login.provider.replies["/.well-known/openid-configuration"] = lambda: Reply(status=404)
    issuer = login.provider.issuer
    login.add_provider(
        authUrl=f"{issuer}/authorize", tokenUrl=f"{issuer}/token", tokenKeyUrl=f"{issuer}/keys"
    )
    refused(login, login.browser().authorize(login.credentials, idp=login.origin))


def assertion_of(login: ProviderLogin, **claims: Any) -> str:
    login.provider.claims = claims
    return login.provider.token_for({})


def exchanged(login: ProviderLogin, assertion: str) -> requests.Response:
    form = {
        "grant_type": JWT_BEARER,
        "assertion": assertion,
        "client_id": login.credentials["clientid"],
        "client_secret": login.credentials["clientsecret"],
    }
    return requests.post(f"{login.credentials['url']}/oauth/token", form, timeout=60)


def test_an_id_token_of_the_provider_is_exchanged_once(login: ProviderLogin) -> None:
    """I-120."""
    login.add_provider()
    assertion = assertion_of(
        login, jti="one", preferred_username="berta", sub="subject-2", exp=253_402_300_799
    )
    response = exchanged(login, assertion)
    assert response.status_code == 200, response.text
    claims = token_claims(response.json()["access_token"])
    assert (claims["user_name"], claims["origin"]) == ("berta", login.origin)
    assert claims["grant_type"] == JWT_BEARER
    assert response.json()["refresh_token"]
    again = exchanged(login, assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_token")


def test_other_assertions_are_refused(login: ProviderLogin) -> None:
    login.add_provider()
    now = int(login.provider.now())
    wrong = [
        assertion_of(login, aud="other"),
        assertion_of(login, azp="other"),
        assertion_of(login, iat=now - 700),
        assertion_of(login, exp=now - 61),
        assertion_of(login, iss="https://unknown.example.org"),
        assertion_of(login, typ="Bearer"),
        assertion_of(login, jti=7),
        assertion_of(login, auth_time=1e300),
        unsigned({"alg": "none"}, {"iss": login.provider.issuer}),
        signed({"iss": login.provider.issuer}),
    ]
    login.provider.make_token = lambda claims: signed(claims, FOREIGN, kid="first")
    wrong.append(assertion_of(login))
    for assertion in wrong:
        response = exchanged(login, assertion)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert login.users() == []
    login.command("set", login.origin, "--inactive")
    login.provider.make_token = signed
    assert exchanged(login, assertion_of(login)).status_code == 401


def test_the_command_tests_a_provider_and_stores_nothing(login: ProviderLogin) -> None:
    login.add_provider()
    login.command("set", login.origin, "--inactive")
    login.provider.claims = {"groups": ["viewers"], "email": "anna@example.org"}
    login.server.command("role-collections", "create", "Mapped", "--zone", login.zone)
    login.server.command(
        *("role-collections", "map", "Mapped", "--origin", login.origin),
        *("--attribute", "Groups", "--value", "viewers", "--zone", login.zone),
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "broker", "providers", "test", login.origin),
            *("--zone", login.zone, "--json"),
        ],
        cwd=login.server.directory,
        env=login.server.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stderr
    url = next(line.strip() for line in process.stderr if line.startswith("http"))
    answer = login.provider.authorized(url)
    page = login.callback(login.browser(), answer)
    assert page.status_code == 400
    out, _ = process.communicate(f"{page.url}\n", timeout=60)
    found = json.loads(out)
    assert found["claims"]["sub"] == "subject-1"
    assert found["user"]["name"] == "anna"
    assert found["role_collections"] == [
        {"name": "Mapped", "attribute": "Groups", "value": "viewers"}
    ]
    assert login.users() == []
    failed = login.server.command(
        *("providers", "test", login.origin, "--zone", login.zone),
        stdin="https://other.example.org/?state=x\n",
        check=False,
    )
    assert failed.returncode == 1
    assert "state" in failed.stderr


def test_an_id_token_is_not_sent_to_a_logout_url_of_an_administrator(login: ProviderLogin) -> None:
    login.add_provider(logoutUrl="https://evil.example.org/logout?a=b")
    browser = login.browser()
    assert (
        login.callback(browser, login.provider.authorized(login.start(browser))).status_code < 400
    )
    asked = {"client_id": login.credentials["clientid"], "redirect": CALLBACK}
    location = browser.get("/logout.do", params=asked).headers["Location"]
    assert location.startswith("https://evil.example.org/logout?a=b&client_id=")
    assert "id_token_hint" not in location


def test_a_long_request_returns_complete_and_a_longer_one_is_refused(login: ProviderLogin) -> None:
    """D-42: it travels in a cookie of 1.5 KB, and in ``state`` of 1 KB."""
    login.add_provider()
    browser, state = login.browser(), secrets.token_urlsafe(600)
    url = login.start(browser, state=state)
    assert len(dict(parse_qsl(urlsplit(url).query))["state"]) <= 1024
    assert all(len(value) <= 1500 for value in browser.cookies.values())
    response = login.callback(browser, login.provider.authorized(url))
    assert query_of(response)["state"] == state
    longer = login.browser().authorize(
        login.credentials, idp=login.origin, state=secrets.token_urlsafe(3000)
    )
    assert longer.status_code == 400
    assert "too long" in longer.text


def test_a_slow_provider_delays_no_other_request(login: ProviderLogin) -> None:
    """TH-10: some threads wait for the provider, the others serve."""
    login.add_provider()

    asked, release = threading.Event(), threading.Event()

    def slow() -> Reply:
        asked.set()
        release.wait(8)
        return Reply(status=500)

    login.provider.replies = dict.fromkeys(["/.well-known/openid-configuration"], slow)
    with ThreadPoolExecutor(24) as pool:
        began = [
            pool.submit(login.browser().authorize, login.credentials, idp=login.origin)
            for _ in range(24)
        ]
        try:
            assert asked.wait(60)
            for _ in range(5):
                page = login.browser().authorize(login.credentials, idp="sap.default")
                assert page.status_code == 200
            assert not all(each.done() for each in began)
        finally:
            release.set()
        assert {each.result().status_code for each in began} <= {502, 503}
    assert len(login.provider.requests) < 24

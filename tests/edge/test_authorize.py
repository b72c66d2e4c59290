"""``/oauth/authorize`` on a server (I-60 to I-69, TH-01 to TH-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from broker.store.tables.core import metadata
from broker.store.tables.user_grants import authorization_code
from broker.tokens.authorization_code import challenge_of
from tests.support.login_browser import CALLBACK, exchange, query_of
from tests.support.passwords import PASSWORD
from tests.support.platform import PlatformClient
from tests.support.server_store import store_of
from tests.support.web_application import WebApplication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import Server

VERIFIER = "v" * 43
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
HOSTILE = "\"'><script>alert(1)</script>"


@pytest.fixture(scope="module")
def server(servers: Callable[[str], Server]) -> Server:
    """On one database: unit tests cover what depends on it."""
    return servers("sqlite")


@pytest.fixture(scope="module")
def application(server: Server) -> Iterator[WebApplication]:
    platform = PlatformClient(server.url, server.user, server.password)
    with store_of(server) as store:
        yield WebApplication.create(store, platform)


@pytest.fixture(scope="module")
def name(application: WebApplication) -> str:
    return application.add_user()


def page_of(response: requests.Response, status: int = 400) -> str:
    """Return the text of an error page, which leads nowhere."""
    assert response.status_code == status, response.text
    assert "Location" not in response.headers
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in response.text
    return response.text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("client_id={id}&client_id={id}", "occurs more than once"),
        ("client_id={id}&state=%00", "control character"),
        ("client_id={id}&state=a%0d%0aSet-Cookie:b", "control character"),
        ("response_type=code", "client_id is missing"),
        ("client_id=sb-unknown!t1", "No client with requested id: sb-unknown!t1"),
        (f"client_id={HOSTILE}", "No client with requested id: &#34;&#39;&gt;&lt;script"),
        ("client_id={id}&redirect_uri=https://evil.example.org/", "does not match one of the"),
        ("client_id={id}&redirect_uri={uri}?code=x", "The redirect_uri is invalid"),
        ("client_id={id}&redirect_uri={uri}?c%256fde=x", "The redirect_uri is invalid"),
        ("client_id={id}&redirect_uri=javascript:alert(1)", "The redirect_uri is invalid"),
    ],
)
def test_what_cannot_be_answered_at_the_application_is_a_page(
    application: WebApplication, query: str, text: str
) -> None:
    """I-60, I-61, I-64: by GET and POST; TH-01, TH-03: nothing leads to an unknown URI."""
    filled = query.format(id=application.credentials["clientid"], uri=CALLBACK)
    browser = application.browser()
    assert text in page_of(browser.get(f"/oauth/authorize?{filled}"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert text in page_of(browser.send("POST", "/oauth/authorize", data=filled, headers=form))


def test_a_long_request_is_refused(application: WebApplication) -> None:
    """I-60: the server itself refuses a longer URL."""
    browser, fields = application.browser(), {"state": "x" * 8192}
    assert "at most 8192" in page_of(browser.post("/oauth/authorize", fields))
    assert browser.get("/oauth/authorize", params=fields).status_code == 414


def test_errors_are_reported_to_the_application(application: WebApplication, name: str) -> None:
    """I-65, in the order of the table; with a session, too."""
    for browser in (application.browser(), application.logged_in(name)):
        for parameters, code in (
            ({"response_type": ""}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"request": "x"}, "request_not_supported"),
            ({"code_challenge": "x"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"max_age": "never"}, "invalid_request"),
        ):
            response = browser.authorize(application.credentials, state=HOSTILE, **parameters)
            assert response.status_code == 302
            assert response.headers["Location"].startswith(f"{CALLBACK}?error={code}&")
            query = query_of(response)
            assert (query["state"], query["iss"]) == (
                HOSTILE,
                f"{application.credentials['url']}/oauth/token",
            )


def test_a_deleted_client_is_unknown(server: Server, application: WebApplication) -> None:
    """I-61."""
    platform = PlatformClient(server.url, server.user, server.password)
    other = WebApplication.create(application.store, platform)
    browser = other.browser()
    page = browser.authorize(other.credentials)
    assert page.status_code == 200
    other.instance.delete_key(other.key)
    assert platform.deprovision(other.instance.instance_id).status_code == 200
    assert "No client with requested id" in page_of(browser.authorize(other.credentials))
    assert browser.log_on(page, "anna", PASSWORD).status_code == 400


def test_a_client_without_the_grant(server: Server, application: WebApplication) -> None:
    """I-63."""
    platform = PlatformClient(server.url, server.user, server.password)
    other = WebApplication.create(
        application.store, platform, grant_types=["client_credentials", "password"]
    )
    text = page_of(other.browser().authorize(other.credentials))
    assert "can only be used by implicit or authorization_code grant types" in text


def test_a_stolen_code_is_useless(server: Server, application: WebApplication, name: str) -> None:
    """TH-02: another verifier, client or redirect URI neither succeeds nor ends the code."""
    platform = PlatformClient(server.url, server.user, server.password)
    other = WebApplication.create(application.store, platform)
    ours = application.credentials
    code = application.browser().code(ours, name, PASSWORD, **PKCE)
    for credentials, parameters in (
        (ours, {}),
        (ours, {"code_verifier": "w" * 43}),
        (ours, {"code_verifier": VERIFIER, "redirect_uri": f"{CALLBACK}/x"}),
        (ours, {"code_verifier": VERIFIER, "redirect_uri": ""}),
        (other.credentials, {"code_verifier": VERIFIER}),
    ):
        refused = exchange(credentials, code, **parameters)
        assert refused.status_code in {400, 401}, refused.text
    granted = exchange(ours, code, code_verifier=VERIFIER)
    assert granted.status_code == 200, granted.text
    assert exchange(ours, code, code_verifier=VERIFIER).json()["error"] == "invalid_grant"
    token = granted.json()["access_token"]
    found = requests.post(
        f"{ours['url']}/introspect",
        {"token": token},
        auth=(ours["clientid"], ours["clientsecret"]),
        timeout=30,
    )
    assert found.json()["active"] is False  # I-111: the second use revokes it


def test_a_removed_challenge_is_noticed(application: WebApplication, name: str) -> None:
    """TH-02: PKCE downgrade."""
    code = application.browser().code(application.credentials, name, PASSWORD)
    refused = exchange(application.credentials, code, code_verifier=VERIFIER)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert exchange(application.credentials, code).status_code == 200


def test_a_request_without_redirect_uri(application: WebApplication, name: str) -> None:
    """I-64: the exchange has none either."""
    code = application.browser().code(application.credentials, name, PASSWORD, redirect_uri="")
    assert exchange(application.credentials, code).status_code == 400
    assert exchange(application.credentials, code, redirect_uri="").status_code == 200


def test_head_and_prefetch_create_no_code(application: WebApplication, name: str) -> None:
    """I-69: nor does a request from another site."""
    browser = application.logged_in(name)
    query = {
        "response_type": "code",
        "client_id": application.credentials["clientid"],
        "redirect_uri": CALLBACK,
    }
    before = application.count(authorization_code)
    head = browser.send("HEAD", "/oauth/authorize", params=query)
    assert (head.status_code, head.content) == (204, b"")
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        response = browser.get("/oauth/authorize", params=query, headers=headers)
        assert (response.status_code, "Location" in response.headers) == (503, False)
        assert response.headers["Cache-Control"] == "no-store"
    assert application.count(authorization_code) == before


def test_silent_requests_show_no_page(application: WebApplication, name: str) -> None:
    """I-66."""
    response = application.browser().authorize(application.credentials, prompt="none")
    assert query_of(response)["error"] == "login_required"
    browser = application.logged_in(name)
    assert "code" in query_of(browser.authorize(application.credentials, prompt="none"))


def test_anonymous_requests_write_nothing(application: WebApplication) -> None:
    """I-93, TH-21; the use of credentials by other tests is counted later."""

    def rows() -> dict[str, Any]:
        counted = (each for each in metadata.sorted_tables if "credential_" not in each.name)
        return {table.name: application.count(table) for table in counted}

    before = rows()
    browser = application.browser()
    for _ in range(50):
        assert browser.authorize(application.credentials).status_code == 200
        assert browser.post("/login.do", {"csrf": "x", "pending": "x"}).status_code == 403
    assert rows() == before


def test_a_hint_names_the_only_user_for_whom_there_is_a_response(
    application: WebApplication, name: str
) -> None:
    """OIDC Core 3.1.2.1."""
    credentials, browser = application.credentials, application.browser()
    tokens = exchange(credentials, browser.code(credentials, name, PASSWORD)).json()
    hint = {"id_token_hint": tokens["id_token"]}
    assert query_of(browser.authorize(credentials, prompt="none", **hint))["code"]
    other = application.add_user()
    stranger = application.browser()
    stranger.code(credentials, other, PASSWORD)
    silent = query_of(stranger.authorize(credentials, prompt="none", state="s", **hint))
    assert (silent["error"], silent["state"]) == ("login_required", "s")
    page = stranger.authorize(credentials, **hint)
    assert page.status_code == 200
    wrong = stranger.log_on(page, other, PASSWORD)
    assert query_of(wrong)["error"] == "login_required"
    assert "code" in query_of(stranger.log_on(page, name, PASSWORD))
    for text in (tokens["access_token"], tokens["id_token"][:-8], "x"):
        refused = query_of(browser.authorize(credentials, id_token_hint=text))
        assert refused["error"] == "invalid_request"

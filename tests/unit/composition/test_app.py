"""The whole application: its parts, and its responses to unexpected requests and errors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from broker.composition import app as module
from broker.composition import user_grants
from broker.composition.administration import open_store, prepare_store, upgrade_store
from broker.composition.app import create_app
from broker.console.table import PAGES
from broker.runtime.turn import Turn
from broker.store.rollback.counts import revocation_file
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.settings.model import Settings


LISTED = {
    "authorization_endpoint": {"GET", "POST"},
    "token_endpoint": {"POST"},
    "userinfo_endpoint": {"GET", "POST"},
    "end_session_endpoint": {"GET", "POST"},
    "introspection_endpoint": {"POST"},
    "revocation_endpoint": {"POST"},
    "jwks_uri": {"GET"},
}
"""The endpoints of the discovery document, and their methods by their specifications."""

BY_CLIENTS = ("token_endpoint", "introspection_endpoint", "revocation_endpoint")
"""Those at which clients authenticate, also with a certificate (RFC 8705 section 5)."""

UNLISTED = {
    # Documents that describe the others.
    *("/.well-known/openid-configuration", "/oauth/token/.well-known/openid-configuration"),
    *("/info", "/login", "/docs/xs-security.md", "/openapi.json", "/docs/administration-api"),
    # UAA's, without a member in OpenID Connect Discovery or RFC 8414.
    *("/check_token", "/token_key", "/oauth/token/revoke/client/<path:client_id>"),
    "/oauth/token/revoke/user/<user_id>",
    "/oauth/token/revoke/user/<user_id>/client/<path:client_id>",
    # Pages, their forms and parts.
    *("/login.do", "/login/consent", "/login/switch", "/login/start/<origin>"),
    *("/login/callback/<origin>", "/login/style-<tag>.css", "/login/icon-<tag>.svg"),
    *("/account", "/account/applications", "/account/password", "/account/sessions"),
    *("/change-password", "/set-password"),
    *("/", "/console/login", "/console/logout", "/console/style-<tag>.css"),
    *(page.path for page in PAGES),
    # Of operators.
    *("/healthz", "/readyz"),
}
"""All other paths beside those of the broker."""


@pytest.fixture
def made(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Flask]:
    """Return the application with these settings, on an upgraded database."""
    monkeypatch.setattr(module, "configure_logging", lambda *_, **__: None)

    def make(**variables: str) -> Flask:
        found = settings(**variables)
        upgrade_store(found, OPERATOR)
        return create_app(found)

    return make


def test_each_protocol_refuses_unknown_paths_in_its_own_form(made: Callable[..., Flask]) -> None:
    client = made().test_client()
    oauth = client.get("/missing")
    assert (oauth.status_code, oauth.get_json()["error"]) == (404, "not_found")
    osb = client.get("/v2/missing")
    assert osb.status_code in {401, 404}
    assert "description" in osb.get_json()
    assert "error_description" not in osb.get_json()


def test_browsers_receive_pages_of_errors(made: Callable[..., Flask]) -> None:
    """I-100a."""
    client, html = made().test_client(), {"Accept": "text/html,*/*;q=0.8"}
    page = client.get("/missing", headers=html)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Page not found" in page.get_data(as_text=True)
    refused = client.get("/oauth/token/revoke/missing", headers=html)
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")
    osb = client.get("/v2/missing", headers=html)
    assert osb.mimetype == "application/json"


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_an_unexpected_failure_reveals_nothing(made: Callable[..., Flask], accept: str) -> None:
    app = made()

    def fail() -> Any:
        raise KeyError("secret-detail")

    app.add_url_rule("/fails", view_func=fail)
    answer = app.test_client().get("/fails", headers={"Accept": accept})
    assert answer.status_code == 500
    if accept == "*/*":
        assert answer.get_json()["error"] == "server_error"
    assert b"secret-detail" not in answer.data


def test_a_database_put_back_makes_the_server_unready(
    settings: Callable[..., Settings], made: Callable[..., Flask]
) -> None:
    """D-62."""
    app = made()
    prepare_store(settings())
    client = app.test_client()

    def readiness() -> tuple[int, Any]:
        response = client.get("/readyz")
        return response.status_code, response.get_json()

    passed = dict.fromkeys(("database", "migrations", "keys", "revocations"), "ok")
    assert readiness() == (200, passed)
    file = revocation_file(open_store(settings()).engine)
    assert file is not None
    file.raise_to(2)
    assert readiness() == (503, passed | {"revocations": "failed"})


def test_statements_of_logins_pause_while_token_requests_arrive(
    made: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """0065: those of other requests do not."""
    pauses: list[float] = []
    turn = partial(Turn, sleep=pauses.append, clock=lambda: 0.0)
    monkeypatch.setattr(user_grants, "Turn", turn)
    client, login = made().test_client(), "/oauth/authorize?response_type=code&client_id=sb-none!t1"
    client.get(login)
    assert not pauses
    secret = {"client_id": "none", "client_secret": "none"}
    client.post("/oauth/token", data={"grant_type": "client_credentials"} | secret)
    assert not pauses
    client.get("/readyz")
    assert not pauses
    client.get(login)
    assert pauses


def test_the_token_service_runs_without_the_broker(made: Callable[..., Flask]) -> None:
    rules = {str(rule) for rule in made().url_map.iter_rules()}
    only = {str(rule) for rule in made(XSUAA_ONLY="tokens").url_map.iter_rules()}
    assert "/v2/catalog" in rules
    assert {rule for rule in rules if rule.startswith("/v2/")} == rules - only
    assert {"/oauth/token", "/token_keys", "/healthz", "/readyz"} <= only


def test_discovery_lists_what_exists_and_nothing_else(made: Callable[..., Flask]) -> None:
    """O-94: each other endpoint has a reason not to be listed."""
    app = made()
    client, urls = app.test_client(), app.url_map.bind("")

    def methods_of(url: str) -> set[str]:
        return set(urls.allowed_methods(urlsplit(url).path)) - {"HEAD", "OPTIONS"}

    document = client.get("/.well-known/openid-configuration").get_json()
    endpoints = {
        name: url
        for name, url in document.items()
        if name == "jwks_uri" or name.endswith("_endpoint")
    }
    assert {name: methods_of(url) for name, url in endpoints.items()} == LISTED
    aliases = document["mtls_endpoint_aliases"]
    assert {name: methods_of(url) for name, url in aliases.items()} == {
        name: LISTED[name] for name in BY_CLIENTS
    }
    info = client.get("/info").get_json()
    pages = [info["links"]["passwd"], info["prompts"]["passcode"][1].split()[-2]]
    assert [methods_of(url) for url in pages] == [{"GET"}, {"GET"}]

    known = {urlsplit(url).path for url in [*endpoints.values(), *pages]} | UNLISTED
    found = {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/v2/")}
    assert found ^ known == set()


@pytest.mark.parametrize(
    ("is_draining", "data", "is_closed"),
    [(False, None, False), (True, None, True), (False, b"unread body", True)],
)
def test_a_connection_that_serves_no_further_request_is_announced(
    made: Callable[..., Flask],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_draining: bool,
    data: Any,
    is_closed: bool,
) -> None:
    monkeypatch.setattr(module, "is_draining", lambda: is_draining)
    headers = made().test_client().post("/missing", data=data).headers
    assert (headers.get("Connection") == "close") == is_closed


@pytest.mark.parametrize(("token", "status"), [("", 404), ("token-of-this-test", 401)])
def test_metrics_are_served_if_they_have_a_token(
    made: Callable[..., Flask], token: str, status: int
) -> None:
    client = made(XSUAA_METRICS_TOKEN=token).test_client()
    assert client.get("/metrics").status_code == status

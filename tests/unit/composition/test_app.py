"""The whole application: its parts, and its responses to unexpected requests and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.composition import app as module
from broker.composition.administration import upgrade_store
from broker.composition.app import create_app
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from broker.settings.model import Settings


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


def test_the_token_service_runs_without_the_broker(made: Callable[..., Flask]) -> None:
    rules = {str(rule) for rule in made().url_map.iter_rules()}
    only = {str(rule) for rule in made(XSUAA_ONLY="tokens").url_map.iter_rules()}
    assert "/v2/catalog" in rules
    assert {rule for rule in rules if rule.startswith("/v2/")} == rules - only
    assert {"/oauth/token", "/token_keys", "/healthz", "/readyz"} <= only


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

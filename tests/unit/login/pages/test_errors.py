"""Errors as a page or JSON (I-100a, O-25)."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from broker.errors import BrokerError, Busy, StoreUnavailable, TooManyFailures, ZoneNotFound
from broker.login.pages.errors import PageError, http_error, register_page_errors
from broker.login.pages.problems import Problem
from broker.login.pages.rendering import Pages
from broker.logs.requests import log_requests

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def app(error: BrokerError) -> Flask:
    app, blueprint, pages = Flask(__name__), Blueprint("login", __name__), Pages()
    log_requests(app)
    register_page_errors(blueprint, pages)

    @blueprint.get("/")
    def fail() -> str:
        raise error

    app.register_blueprint(blueprint)
    app.register_error_handler(404, lambda found: http_error(pages, found))
    app.register_error_handler(405, lambda found: http_error(pages, found))
    return app


UNKNOWN = PageError(Problem.UNKNOWN_APPLICATION, "No client with requested id: <b>x</b>")


def test_browsers_receive_a_page() -> None:
    headers = {**HTML, "X-Correlation-ID": "8d1b9e52-38a6-4e3a-8ab5-3b1c7f1f0a11"}
    response = app(UNKNOWN).test_client().get("/", headers=headers)
    text = response.get_data(as_text=True)
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "No client with requested id: &lt;b&gt;x&lt;/b&gt;" in text
    assert headers["X-Correlation-ID"] in text


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
def test_other_clients_receive_json(accept: str) -> None:
    response = app(UNKNOWN).test_client().get("/", headers={"Accept": accept})
    assert response.status_code == 400
    assert response.headers["Cache-Control"] == "no-store"
    assert response.get_json() == {
        "error": "invalid_client",
        "error_description": "No client with requested id: <b>x</b>",
    }


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (ZoneNotFound(), 404, "not_found", None),
        (Busy("x"), 503, "temporarily_unavailable", "1"),
        (StoreUnavailable("x"), 503, "temporarily_unavailable", "1"),
        (TooManyFailures(7), 429, "too_many_requests", "7"),
        (PageError(Problem.EXPIRED, "x"), 400, "invalid_request", None),
    ],
)
def test_errors_of_the_domain(
    error: BrokerError, status: int, code: str, retry_after: str | None
) -> None:
    response = app(error).test_client().get("/")
    assert response.status_code == status
    assert response.get_json()["error"] == code
    assert response.headers.get("Retry-After") == retry_after


def test_errors_of_the_framework() -> None:
    client = app(UNKNOWN).test_client()
    missing = client.get("/missing", headers=HTML)
    assert missing.status_code == 404
    assert "Page not found" in missing.get_data(as_text=True)
    refused = client.post("/", headers=HTML)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_details_are_bounded_and_printable() -> None:
    error = PageError(Problem.REDIRECT, f"a\x00\x1b[1m\u202e{'x' * 400}")
    assert str(error).startswith("a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[1m")
    assert len(str(error)) == 301

"""The description of the logon for command-line tools (I-95, O-113)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker import __version__
from broker.login.info import LoginInfo, add_info, prefers_json
from tests.support.domain import ADDRESSES, FakeClock

ADDRESSED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
APP = Flask(__name__)


def described(subdomain: str | None) -> Any:
    app, blueprint = Flask(__name__), Blueprint("login", __name__)
    add_info(blueprint, LoginInfo(ADDRESSED, lambda: subdomain, FakeClock()))
    app.register_blueprint(blueprint)
    response = app.test_client().get("/info", headers={"Host": "forged.example.org"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response.get_json()


def test_links_follow_from_the_settings() -> None:
    """D-09, TH-23: never from the host name of the request."""
    origin = "https://zone-7.uaa.example.org"
    assert described("zone-7") == {
        "app": {"version": __version__},
        "links": {
            "uaa": origin,
            "login": origin,
            "passwd": f"{origin}/.well-known/change-password",
        },
        "zone_name": "zone-7",
        "entityID": origin,
        "prompts": {
            "username": ["text", "User name"],
            "password": ["password", "Password"],
            "passcode": [
                "password",
                f"Temporary Authentication Code ( Get one at {origin}/passcode )",
            ],
        },
        "timestamp": "2030-01-01T00:00:00+0000",
    }


def test_the_shared_host_has_a_name_too() -> None:
    found = described(None)
    assert found["zone_name"] == "uaa"
    assert found["links"]["login"] == "https://uaa.example.org"


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        ("application/json", True),
        ("application/json;charset=utf-8", True),
        ("application/json, text/plain, */*", True),
        ("application/json, text/html", False),
        ("text/html;q=0.5, application/json", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("x" * 5000, False),
    ],
)
def test_json_is_sent_where_it_is_preferred(accept: str, *, is_preferred: bool) -> None:
    with APP.test_request_context(headers={"Accept": accept}):
        assert prefers_json() is is_preferred

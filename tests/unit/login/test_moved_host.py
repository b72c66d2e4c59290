"""Redirects from the former host of a client (D-53)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.login.authorization.client_host import HostMoved
from broker.login.moved_host import redirect_moved_hosts

OWN = "https://zone-1.uaa.example.org"


@pytest.mark.parametrize(
    ("method", "query", "form", "expected"),
    [
        ("GET", "a=1&a=2&b=%0d%0aX:y", None, (302, f"{OWN}/here?a=1&a=2&b=%0D%0AX%3Ay")),
        ("GET", "", None, (302, f"{OWN}/here")),
        ("POST", "a=%C3%A4", {"secret": "x"}, (307, f"{OWN}/here?a=%C3%A4")),
    ],
)
def test_a_request_goes_on_at_the_client_s_host(
    method: str, query: str, form: Any, expected: tuple[int, str]
) -> None:
    """A browser repeats a form with its body; nothing of it gets into the URL."""
    app, blueprint = Flask(__name__), Blueprint("login", __name__)

    @blueprint.route("/here", methods=["GET", "POST"])
    def here() -> str:
        raise HostMoved(OWN)

    redirect_moved_hosts(blueprint)
    app.register_blueprint(blueprint)
    response = app.test_client().open("/here", method=method, query_string=query, data=form)
    assert (response.status_code, response.headers["Location"]) == expected
    assert response.headers["Cache-Control"] == "no-store"

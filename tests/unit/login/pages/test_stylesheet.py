"""The stylesheet and the icon at URLs that name their content."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from broker.login.pages.stylesheet import ICON_URL, STYLE_URL, add_stylesheet


@pytest.fixture
def app() -> Flask:
    app, blueprint = Flask(__name__), Blueprint("login", __name__)
    add_stylesheet(blueprint)
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize(
    ("url", "content_type"),
    [(STYLE_URL, "text/css; charset=utf-8"), (ICON_URL, "image/svg+xml")],
)
def test_browsers_keep_the_current_content(app: Flask, url: str, content_type: str) -> None:
    response = app.test_client().get(url)
    assert response.content_type == content_type
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("url", ["/login/style-0.css", "/login/icon-0.svg"])
def test_content_of_another_version_is_not_kept(app: Flask, url: str) -> None:
    response = app.test_client().get(url)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"

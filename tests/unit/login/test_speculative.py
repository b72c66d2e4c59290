"""HEAD and prefetches have no effect (I-69, D-42)."""

from __future__ import annotations

import pytest
from flask import Flask

from broker.login.speculative import refuse_speculative

APP = Flask(__name__)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, None),
        ("POST", {}, None),
        ("GET", {"Sec-Fetch-Mode": "navigate"}, None),
        ("HEAD", {}, 204),
        ("GET", {"Sec-Purpose": "prefetch"}, 503),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, 503),
        ("GET", {"Purpose": "Prefetch"}, 503),
        ("GET", {"X-Purpose": "preview"}, 503),
        ("GET", {"X-Moz": "prefetch"}, 503),
    ],
)
def test_requests_without_effect(method: str, headers: dict[str, str], status: int | None) -> None:
    with APP.test_request_context(method=method, headers=headers):
        response = refuse_speculative()
        assert (None if response is None else response.status_code) == status
        assert response is None or response.headers["Cache-Control"] == "no-store"

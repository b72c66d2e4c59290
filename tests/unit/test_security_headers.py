"""Security and cache headers of every response."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response

from broker.security_headers import NO_SNIFFING, STRICT_TRANSPORT, SecurityHeaders

STRICT, LAX = SecurityHeaders(strict_transport=True), SecurityHeaders(strict_transport=False)


@pytest.mark.parametrize(
    ("security", "scheme", "headers"),
    [
        (STRICT, "https", [NO_SNIFFING, STRICT_TRANSPORT]),
        (STRICT, "http", [NO_SNIFFING]),
        (LAX, "https", [NO_SNIFFING]),
    ],
)
def test_hsts_is_sent_over_https_only(
    security: SecurityHeaders, scheme: str, headers: list[tuple[str, str]]
) -> None:
    """RFC 6797 section 7.2."""
    assert security.of({"wsgi.url_scheme": scheme}) == headers


@pytest.mark.parametrize(
    ("own", "cache"),
    [
        ({}, "no-store"),
        ({"ETag": '"1"'}, "private, no-cache"),
        ({"Cache-Control": "public, max-age=300"}, "public, max-age=300"),
    ],
)
def test_responses_are_not_cached_by_default(own: dict[str, str], cache: str) -> None:
    app = Flask(__name__)
    STRICT.add_to(app)

    @app.get("/")
    def response() -> Response:
        return Response(headers=own)

    client: Any = app.test_client()
    headers = client.get("/", base_url="https://localhost").headers
    assert headers["Cache-Control"] == cache
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert client.get("/missing").headers["Cache-Control"] == "no-store"

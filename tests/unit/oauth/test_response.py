"""Responses that must not be cached (RFC 6749 section 5)."""

from __future__ import annotations

from http import HTTPStatus

from broker.oauth.response import json_response, oauth_error


def test_a_response_is_json_that_no_cache_keeps() -> None:
    response = json_response(HTTPStatus.OK, {"a": "ü"}, ("Retry-After", "1")).to_flask()
    assert response.status_code == 200
    assert response.get_json() == {"a": "ü"}
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.headers["Retry-After"] == "1"


def test_an_error_has_two_members() -> None:
    response = oauth_error(HTTPStatus.BAD_REQUEST, "invalid_scope", "text").to_flask()
    assert response.status_code == 400
    assert response.get_json() == {"error": "invalid_scope", "error_description": "text"}
    assert "Retry-After" not in response.headers

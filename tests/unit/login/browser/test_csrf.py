"""Tokens of forms, and what browsers report about their origin (I-92, TH-04)."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import Headers

from broker.credentials.browser_values import BrowserValues
from broker.login.browser.csrf import Csrf, is_of_same_origin
from tests.support.digest_keys import NEWEST, OLDEST, FixedDigestKeys

CSRF = Csrf(BrowserValues(FixedDigestKeys()))
HERE = "https://uaa.example.org"


def test_a_token_is_of_one_browser_and_one_form() -> None:
    token = CSRF.token("browser", "login")
    assert CSRF.is_valid(token, "browser", "login")
    assert not CSRF.is_valid(token, "other", "login")
    assert not CSRF.is_valid(token, "browser", "consent")
    assert not CSRF.is_valid(token, "browserlogin", "")
    # Compressed responses reveal a text that stays the same.
    assert CSRF.token("browser", "login") != token


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 64, "A" * 10_000, "\ud800"])
def test_other_texts_are_invalid(text: str) -> None:
    assert not CSRF.is_valid(text, "browser", "login")


def test_a_token_survives_the_rotation_of_keys() -> None:
    """D-12."""
    before = Csrf(BrowserValues(FixedDigestKeys((OLDEST,)))).token("browser", "login")
    assert Csrf(BrowserValues(FixedDigestKeys((NEWEST, OLDEST)))).is_valid(
        before, "browser", "login"
    )
    assert not Csrf(BrowserValues(FixedDigestKeys((NEWEST,)))).is_valid(before, "browser", "login")


@pytest.mark.parametrize(
    ("headers", "origin", "expected"),
    [
        ({}, HERE, True),
        ({"Origin": HERE}, HERE, True),
        ({"Origin": "HTTPS://UAA.example.org"}, HERE, True),
        ({"Origin": f"{HERE}:443"}, HERE, False),
        ({"Origin": f"{HERE}.evil.example.org"}, HERE, False),
        ({"Origin": ""}, HERE, False),
        ({"Origin": "é"}, HERE, False),
        ({"Sec-Fetch-Site": "cross-site"}, HERE, False),
        ({"Sec-Fetch-Site": "same-site"}, HERE, False),
        ({"Sec-Fetch-Site": ""}, HERE, False),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, HERE, True),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, HERE, False),
        ({"Origin": "null"}, HERE, False),
        # Browsers send no Sec-Fetch-Site to a development server without https.
        ({"Origin": "null"}, "http://localhost:8080", True),
    ],
)
def test_the_origin(headers: dict[str, str], origin: str, *, expected: bool) -> None:
    assert is_of_same_origin(Headers(headers), origin) is expected

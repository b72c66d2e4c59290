"""The headers of pages (I-90, I-91)."""

from __future__ import annotations

import pytest

from broker.login.pages.headers import form_targets_for, page_headers


def policy(*args: tuple[str, ...]) -> dict[str, str]:
    headers = dict(page_headers(*args))
    directives = (each.partition(" ") for each in headers["Content-Security-Policy"].split("; "))
    return {name: sources for name, _, sources in directives}


def test_a_page_loads_nothing_but_its_own_style_and_images() -> None:
    assert policy() == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_a_page_is_not_stored_and_sends_no_referrer() -> None:
    headers = dict(page_headers())
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


LOCAL = "'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*"


@pytest.mark.parametrize(
    ("redirect_uri", "is_secure", "sources"),
    [
        ("https://app.example.org/login/callback", True, "'self' https:"),
        ("", True, "'self' https:"),
        ("http://localhost:5000/login/callback", True, LOCAL),
        ("http://app.localhost:5000/cb", True, LOCAL),
        ("http://127.0.0.1:5000/cb", True, LOCAL),
        ("http://[::1]:5000/cb", True, "'self' https: http:"),
        ("", False, LOCAL),
        ("https://app.example.org/login/callback", False, LOCAL),
        ("http://[::1]:5000/cb", False, "'self' https: http:"),
    ],
)
def test_a_form_may_lead_to_every_redirect_uri_that_the_grammar_accepts(
    redirect_uri: str, *, is_secure: bool, sources: str
) -> None:
    """I-90, D-45."""
    targets = form_targets_for(redirect_uri, is_secure=is_secure)
    assert policy(targets)["form-action"] == sources


def test_listed_origins_may_frame_a_page() -> None:
    origins = ("https://portal.example.org", "https://*.example.com:8443")
    assert policy((), origins)["frame-ancestors"] == " ".join(origins)
    assert "X-Frame-Options" not in dict(page_headers((), origins))


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example.org; script-src *",
        "https://a.example.org https://b.example.org",
        "https://a.example.org,",
        "https://a.example.org\n",
        "*",
        "'unsafe-inline'",
        "data:",
        "",
    ],
)
def test_other_text_is_no_source(text: str) -> None:
    assert policy((text,), (text,)) == policy()

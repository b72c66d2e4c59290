"""The redirect URIs that clients may request (I-73, D-45)."""

from __future__ import annotations

import pytest

from broker.redirects.requested import RequestedRedirects

EXACT, WILD = "https://app.example.org/cb", "https://*.apps.example.org/login/callback/**"
LOCAL = "http://localhost:5000/login/callback"


def matches(rules: RequestedRedirects, uri: str, *registered: str) -> bool:
    return rules.find(uri, registered)[0].matches


def test_only_registered_uris_match_by_default() -> None:
    rules = RequestedRedirects()
    assert matches(rules, EXACT, WILD, EXACT)
    assert matches(rules, "https://a.apps.example.org/login/callback", WILD)
    assert not matches(rules, LOCAL, WILD, EXACT)
    nearest, entry = rules.find("https://app.example.org/other", [WILD, EXACT])
    assert (nearest.matches, entry) == (False, EXACT)
    assert rules.find("https://app.example.org/other", [])[1] is None


def test_mode_dev_allows_localhost() -> None:
    rules = RequestedRedirects(localhost=True)
    assert matches(rules, LOCAL)
    assert matches(rules, "http://localhost/any/path?x=1")
    for uri in (
        "http://localhost.evil.example.org/login/callback",
        "http://localhost@evil.example.org/",
        "https://evil.example.org/login/callback",
        "http://127.0.0.1:5000/login/callback",
        f"{LOCAL}?code=x",
    ):
        assert not matches(rules, uri, EXACT)


def test_an_operators_domain_needs_no_registration() -> None:
    rules = RequestedRedirects(domains=("apps.example.org",))
    assert matches(rules, "https://any.apps.example.org/login/callback/x")
    for uri in (
        "https://a.b.apps.example.org/login/callback",
        "https://apps.example.org/login/callback",
        "https://any.apps.example.org/",
        "http://any.apps.example.org/login/callback",
        "https://any.apps.example.org.evil.example.org/login/callback",
    ):
        assert not matches(rules, uri)


def test_wildcards_can_be_refused() -> None:
    """RFC 9700 section 2.1."""
    rules = RequestedRedirects(is_exact=True)
    assert matches(rules, EXACT, WILD, EXACT)
    assert not matches(rules, "https://a.apps.example.org/login/callback", WILD, EXACT)


def test_entries_outside_of_the_grammar_match_nothing() -> None:
    """A descriptor that an earlier version accepted."""
    rules = RequestedRedirects()
    assert not matches(rules, EXACT, "javascript:alert(1)", "http*://**")
    assert matches(rules, EXACT, "javascript:alert(1)", EXACT)


@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        ([EXACT], EXACT),
        ([], None),
        ([EXACT, EXACT], None),
        ([WILD], None),
        (["http://app.example.org/cb"], None),
        ([f"{EXACT}?code=x"], None),
        ([f"{EXACT}#x"], None),
        ([f"{EXACT}\n"], None),
    ],
)
def test_the_uri_of_a_request_without_one(registered: list[str], expected: str | None) -> None:
    """I-64: a URI in a descriptor of an earlier version may be outside of the grammar (D-45)."""
    assert RequestedRedirects().only(registered) == expected

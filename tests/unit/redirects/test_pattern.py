"""Which requested URIs a registered one matches (D-45)."""

from __future__ import annotations

import pytest

from broker.redirects.pattern import Part, parse_pattern, remark_on
from broker.redirects.uri import InvalidUri, parse_uri
from tests.support.redirect_cases import MATCHES, REFUSED, X


def is_match(registered: str, requested: str) -> bool:
    try:
        return parse_pattern(registered).matches(parse_uri(requested))
    except InvalidUri:
        return False


@pytest.mark.parametrize(("registered", "requested"), MATCHES)
def test_a_requested_uri_that_matches(registered: str, requested: str) -> None:
    assert is_match(registered, requested)


@pytest.mark.parametrize(("registered", "requested"), REFUSED)
def test_a_requested_uri_that_does_not_match(registered: str, requested: str) -> None:
    assert not is_match(registered, requested)


@pytest.mark.parametrize(
    "uri",
    [
        "https://*.*.*.example.org/*",
        "https://**.example.org/**/a/**",
        "http://*.localhost:*/*/**",
        "https://*.*.a*a*.example.org",
    ],
)
def test_four_wildcards_are_allowed(uri: str) -> None:
    parse_pattern(uri)


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://*.*.*.example.org/*/**", "5 wildcards"),
        ("https://a*a*a*a*a*.example.org", "5 wildcards"),
        ("https://app.example.org/a*a*a*a*a*", "5 wildcards"),
        ("http://*.localhost:*/*/*/**", "5 wildcards"),
        ("https://app.example.org/**/a/**/b", "several ** inside the path"),
        ("https://app.example.org/**/**/**", "several ** inside the path"),
        ("https://app.example.org/foo**", '** in the path segment "foo**"'),
        ("https://app.example.org/**foo/bar", '** in the path segment "**foo"'),
        ("https://app.example.org/***", '** in the path segment "***"'),
        ("https://app.example.org//**", "// in a path with wildcards"),
        ("https://app.example.org/*//x", "// in a path with wildcards"),
        ("https://app.example.org/cb?x=*", "a wildcard in the query"),
    ],
)
def test_a_pattern_with_a_wildcard_where_none_is_allowed(uri: str, found: str) -> None:
    with pytest.raises(InvalidUri) as refused:
        parse_pattern(uri)
    assert refused.value.found == found


def test_differences_say_why() -> None:
    pattern = parse_pattern("https://*.apps.example.org/cb?tenant=a")
    requested = parse_uri("http://localhost:5000/x")
    assert pattern.differences(requested) == {
        Part.SCHEME: 'the scheme is "http", registered is "https"',
        Part.HOST: 'the host is "localhost", registered is "*.apps.example.org"',
        Part.PORT: 'the port is "5000", registered is empty',
        Part.PATH: 'the path is "/x", registered is "/cb"',
        Part.QUERY: 'the query is empty, registered is "tenant=a"',
    }


def test_the_old_scheme_has_a_note() -> None:
    for uri in ("http*://a.b", "HTTP*://a.b"):
        assert remark_on(uri) == (
            "http*:// is read as https://; write https://, or http:// for localhost"
        )
    assert remark_on(X) is None

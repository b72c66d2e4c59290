"""Which requested URIs a registered one matches (D-45)."""

from __future__ import annotations

import pytest

from broker.redirects.pattern import Part, parse_pattern, remark_on
from broker.redirects.uri import InvalidUri, parse_uri

X = "https://app.example.org/login/callback"
W = "https://*.apps.example.org/login/callback/**"
CF = "https://*.cfapps.*.hana.example.com/**"


def is_match(registered: str, requested: str) -> bool:
    try:
        return parse_pattern(registered).matches(parse_uri(requested))
    except InvalidUri:
        return False


MATCHES = [
    (X, X),
    (X, "HTTPS://APP.example.org/login/callback"),
    (X, f"{X}?authType=xsuaa"),
    (W, "https://a.apps.example.org/login/callback"),
    (W, "https://a.apps.example.org/login/callback/"),
    (W, "https://a.apps.example.org/login/callback/x/y"),
    (W, "https://my_app.apps.example.org/login/callback"),
    ("https://**.apps.example.org/cb", "https://a.b.apps.example.org/cb"),
    ("https://app-*.example.org/cb", "https://app-1.example.org/cb"),
    ("https://app.example.org", "https://app.example.org"),
    ("https://app.example.org/**", "https://app.example.org"),
    ("https://app.example.org/**", "https://app.example.org/anything?x=1"),
    ("https://*.example.org/**", "https://xn--exmple-cua.example.org/"),
    ("http://localhost:5000/login/callback", "http://localhost:5000/login/callback"),
    ("http://localhost:*/login/callback", "http://localhost:5001/login/callback"),
    ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"),
    ("http://[::1]/cb", "http://[::1]:49152/cb"),
    ("https://app.example.org/cb?tenant=a", "https://app.example.org/cb?tenant=a"),
    (CF, "https://a.cfapps.eu10.hana.example.com/login/callback"),
    ("https://app.example.org:8443/cb", "https://app.example.org:8443/cb"),
    # Ports
    ("http://127.0.0.1:3000/cb", "http://127.0.0.1:49152/cb"),
    ("http://localhost:*/cb", "http://localhost/cb"),
    # Hosts below localhost
    ("http://*.localhost:5000/**", "http://a.localhost:5000/login/callback"),
    ("http://*.app.localhost:*/**", "http://t1.app.localhost:4004/"),
    ("http://a.localhost/cb", "http://a.localhost/cb"),
    ("http://**.localhost:5000/cb", "http://t1.app.localhost:5000/cb"),
    ("https://*.localhost:8443/cb", "https://a.localhost:8443/cb"),
    # ** inside the path
    ("https://shop.example.org/**/cb", "https://shop.example.org/cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a/cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a/cb/b/cb"),
    ("https://shop.example.org/a/**/b/cb", "https://shop.example.org/a/b/x/b/cb"),
    ("https://*shop.example.org.test/**/*", "https://myshop.example.org.test/a/b/c"),
    ("https://shop.example.org/**/*", "https://shop.example.org/a"),
    ("https://shop.example.org/**/a*/b/**", "https://shop.example.org/ax/c/ay/b/d"),
    ("https://shop.example.org/**/**", "https://shop.example.org"),
    ("https://shop.example.org/**/", "https://shop.example.org/a/"),
    # * inside a segment
    ("https://app.example.org/a*", "https://app.example.org/a"),
    ("https://app.example.org/a*b*c", "https://app.example.org/abxbbc"),
    ("https://app.example.org/*/cb", "https://app.example.org/tenant/cb"),
    ("https://app.example.org/*", "https://app.example.org/"),
    ("https://a*b*c.example.org", "https://axbbxc.example.org"),
    # Wildcard characters and escapes in a requested path are ordinary characters.
    ("https://app.example.org/**", "https://app.example.org/a*b/%C3%A4/%20"),
    ("https://app.example.org//cb", "https://app.example.org//cb"),
    ("https://app.example.org/cb?", "https://app.example.org/cb?"),
    # An old spelling
    ("http*://app.example.org/**", "https://app.example.org/cb"),
]

REFUSED = [
    (X, "https://app.example.org/Login/callback"),
    (X, f"{X}/"),
    (X, "https://app.example.org:443/login/callback"),
    (X, "http://app.example.org/login/callback"),
    (X, f"{X}?code=x"),
    (X, f"{X}?c%6fde=x"),
    (X, f"{X}#x"),
    (X, "https://app.example.org.evil.test/login/callback"),
    (X, "https://app.example.org./login/callback"),
    (X, "https://app.example.org@evil.test/login/callback"),
    (X, "https://evil.test@app.example.org/login/callback"),
    (X, "https://a@@app.example.org/login/callback"),
    (X, "https://evil.test\\@app.example.org/login/callback"),
    (X, "https:\\\\app.example.org/login/callback"),
    (X, "https:/app.example.org/login/callback"),
    (X, "//app.example.org/login/callback"),
    (X, "/login/callback"),
    (X, f" {X}"),
    (X, f"{X}\n"),
    (X, "https://app.example.org/x/../login/callback"),
    (X, f"{X}/..;/x"),
    (X, "https://app%2eexample.org/login/callback"),
    (X, "https://app.exam%70le.org/login/callback"),
    (X, "https://app\u3002example.org/login/callback"),
    (W, "https://a.apps.example.org/login/callbackx"),
    (W, "https://a.b.apps.example.org/login/callback"),
    (W, "https://apps.example.org/login/callback"),
    (W, "https://.apps.example.org/login/callback"),
    (W, "https://evil.test/.apps.example.org/login/callback"),
    (W, "https://evil.test?x.apps.example.org/login/callback"),
    (W, "https://evil.test#x.apps.example.org/login/callback"),
    (W, "https://a.apps.example.org:8443/login/callback"),
    (W, "https://a.apps.example.org/login/callback/../../evil"),
    (W, "https://a.apps.example.org/login/callback/%2e%2e/x"),
    (W, "https://a.apps.example.org/login/callback//evil.test"),
    (W, "https://a.apps.example.org/login/callback/%2F%2Fevil.test"),
    ("https://**.apps.example.org/cb", "https://apps.example.org/cb"),
    ("https://app-*.example.org/cb", "https://app-.example.org/cb"),
    ("https://app.example.org", X),
    ("https://*.0.0.1/**", "https://10.0.0.1/"),
    ("http://localhost:5000/login/callback", "http://localhost:5001/login/callback"),
    ("http://localhost:*/**", "http://localhost.evil.test:80/"),
    ("http://localhost:*/**", "http://localhost@evil.test/"),
    ("http://localhost/cb", "http://127.0.0.1/cb"),
    ("http://[::1]/cb", "http://[::ffff:127.0.0.1]/cb"),
    ("http://127.0.0.1/cb", "http://127.1/cb"),
    ("http://127.0.0.1/cb", "http://2130706433/cb"),
    ("https://app.example.org/cb", "myapp://app.example.org/cb"),
    ("https://app.example.org/cb", "javascript:alert(1)//app.example.org/cb"),
    ("https://app.example.org/cb?tenant=a", "https://app.example.org/cb?tenant=a&x=1"),
    (CF, "https://a.cfapps.evil.test/.hana.example.com/"),
    ("https://app.example.org/cb", "https://app.example.org:0443/cb"),
    ("https://app.example.org/cb", "https://app.example.org/cb?"),
    # Ports
    ("http://localhost/cb", "http://localhost:5000/cb"),
    ("https://app.example.org/cb", "https://app.example.org:*/cb"),
    # Hosts below localhost
    ("http://*.localhost:5000/**", "http://localhost:5000/"),
    ("http://*.localhost:5000/**", "http://a.localhost:5001/"),
    ("http://*.localhost:5000/**", "http://a.b.localhost:5000/"),
    ("http://*.localhost:5000/**", "http://a.localhost.evil.test:5000/"),
    ("http://*.localhost:5000/**", "http://evil.test/.localhost:5000/"),
    ("http://*.localhost:5000/**", "http://a.evillocalhost:5000/"),
    ("http://*.app.localhost:*/**", "http://app.localhost:4004/"),
    ("http://*.localhost/**", "https://a.localhost/"),
    ("http*://a.localhost/**", "http://a.localhost/"),
    # ** inside the path
    ("https://shop.example.org/**/cb", "https://shop.example.org/xcb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a/cb/b"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/cb/"),
    ("https://shop.example.org/**/cb", "https://shop.example.org//cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a//cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/../cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/%2e%2e/cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/..;x/cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a%2Fcb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a%5Ccb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/a?/cb"),
    ("https://shop.example.org/**/cb", "https://shop.example.org/@evil.test/cb"),
    ("https://shop.example.org/a/**/b", "https://shop.example.org/b"),
    ("https://shop.example.org/**/a*/b/**", "https://shop.example.org/ax/c/ay"),
    ("https://shop.example.org/**/*", "https://shop.example.org"),
    # * inside a segment
    ("https://app.example.org/a*c", "https://app.example.org/a/c"),
    ("https://app.example.org/ab*bc", "https://app.example.org/abc"),
    ("https://app.example.org/a*b*c", "https://app.example.org/axxc"),
    ("https://a*b*c.example.org", "https://abxc.example.org"),
    ("https://a*a.example.org", "https://a.a.example.org"),
    ("https://a*b*c.example.org", "https://axc.example.org"),
    # A registered query
    ("https://app.example.org/cb?tenant=a", "https://app.example.org/cb"),
    ("https://app.example.org/cb?", "https://app.example.org/cb"),
]


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

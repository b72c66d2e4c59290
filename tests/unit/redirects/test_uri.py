"""The grammar of redirect URIs (D-45, H-39, H-40, H-41)."""

from __future__ import annotations

import pytest

from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import MAX_LENGTH, InvalidUri, RedirectUri, parse_uri

VALID = [
    "https://app.example.org",
    "https://app.example.org/",
    "HTTPS://App.Example.ORG:8443/Login?x=1",
    "https://my_app.example.org/cb",
    "https://app.example.org?x=1",
    "https://app.example.org/a;v=1/.well-known/...",
    "https://app.example.org/%C3%A4%20b",
    "https://app.example.org/cb?user=a@b.example&next=%2Fhome%3Fa%3Db",
    "https://app.example.org:65535/",
    "https://1.example.org/0x7f",
    "https://a.0x7g/",
    "http://localhost",
    "https://localhost:5000/cb",
    "http://a.localhost/cb",
    "http://t1.app.localhost:4004/",
    "http://127.0.0.1:3000/cb",
    "https://[::1]",
    "http://[::1]:3000/cb",
]


@pytest.mark.parametrize("uri", VALID)
def test_a_valid_uri_matches_itself(uri: str) -> None:
    assert parse_pattern(uri).matches(parse_uri(uri))


def test_the_parts() -> None:
    uri = parse_uri("HTTPS://App.Example.ORG:8443/Login?X=1")
    assert uri == RedirectUri("https", ("app", "example", "org"), "8443", "/Login", "X=1")
    assert uri.host == "app.example.org"
    assert parse_uri("http://[::1]").labels == ("[::1]",)


BOTH = [
    # Characters
    ("https://app.example.org/a b", "a blank"),
    (" https://app.example.org", "a blank"),
    ("https://app.example.org/\n", "the control character U+000A"),
    ("https://app.example.org/\x7f", "the control character U+007F"),
    ("https://äpp.example.org", "the non-ASCII character U+00E4"),
    ("https://app\u3002example.org", "the non-ASCII character U+3002"),
    ("https://app.example.org\\@evil.test", "a backslash"),
    ("https://app.example.org/#x", "a fragment (#)"),
    (f"https://app.example.org/{'a' * MAX_LENGTH}", "2072 characters"),
    # Scheme
    ("app.example.org/callback", "no scheme"),
    ("", "no scheme"),
    ("https:/app.example.org", "no scheme"),
    ("ftp://app.example.org", 'the scheme "ftp"'),
    ("*://app.example.org", 'the scheme "*"'),
    ("https*://app.example.org", 'the scheme "https*"'),
    ("://app.example.org", 'the scheme ""'),
    ("http://app.example.org", 'http:// for the host "app.example.org"'),
    ("http://localhost.example.org", 'http:// for the host "localhost.example.org"'),
    ("http://app.localhost.example", 'http:// for the host "app.localhost.example"'),
    ("http://app.notlocalhost", 'http:// for the host "app.notlocalhost"'),
    # User info and host
    ("https://user@app.example.org", "user info (@) before the host"),
    ("https://a@@app.example.org", "user info (@) before the host"),
    ("https://app.example.org:443@evil.test", "user info (@) before the host"),
    ("https://app%2eexample.org", "percent-encoding in the host"),
    ("https://", "no host name"),
    ("https:///cb", "no host name"),
    ("https://?x=1", "no host name"),
    ("https://:443/", "no host name"),
    ("https://app.example.org./", "a host name that ends with a dot"),
    ("https://app/", 'the host "app" with only one label'),
    ("https://app..org/", 'the host label ""'),
    ("https://.example.org/", 'the host label ""'),
    ("https://-app.example.org/", 'the host label "-app"'),
    ("https://app-.example.org/", 'the host label "app-"'),
    ("https://a$b.example.org/", 'the host label "a$b"'),
    ("https://a[b.example.org/", 'the host label "a[b"'),
    (f"https://{'$' * 70}.org/", f'the host label "{"$" * 64}..."'),
    # Addresses
    ("https://10.0.0.1/", 'the IP address "10.0.0.1"'),
    ("http://127.1/", 'the IP address "127.1"'),
    ("http://127.0.0.2/", 'the IP address "127.0.0.2"'),
    ("http://2130706433/", 'the IP address "2130706433"'),
    ("http://0x7f000001/", 'the IP address "0x7f000001"'),
    ("https://1.0X7F/", 'the IP address "1.0x7f"'),
    ("https://app.0x/", 'the IP address "app.0x"'),
    ("https://app.example.1/", 'the IP address "app.example.1"'),
    ("https://[::2]/", 'the IP address "[::2]"'),
    ("https://[::ffff:127.0.0.1]/", 'the IP address "[::ffff:127.0.0.1]"'),
    ("https://[0:0:0:0:0:0:0:1]/", 'the IP address "[0:0:0:0:0:0:0:1]"'),
    ("https://[::1", 'the IP address "[::1"'),
    ("https://[::1]evil.test/", 'the IP address "[::1]evil.test"'),
    # Ports
    ("https://app.example.org:/", 'the port ""'),
    ("https://app.example.org:https/", 'the port "https"'),
    ("https://app.example.org:1:2/", 'the port "1:2"'),
    ("https://app.example.org:-1/", 'the port "-1"'),
    ("https://app.example.org:0/", 'the port "0" with a leading zero'),
    ("https://app.example.org:0443/", 'the port "0443" with a leading zero'),
    ("https://app.example.org:65536/", 'the port "65536" above 65535'),
    ("https://app.example.org:100000/", 'the port "100000" above 65535'),
    # Path
    ("https://app.example.org/@evil.test", "@ in the path"),
    ("https://app.example.org/../a", 'the dot segment ".."'),
    ("https://app.example.org/.", 'the dot segment "."'),
    ("https://app.example.org/a/..;x/b", 'the dot segment "..;x"'),
    ("https://app.example.org/a/.;x=1", 'the dot segment ".;x=1"'),
    ("https://app.example.org/a/..%3Bx/b", 'the dot segment "..;x"'),
    ("https://app.example.org/a/%2e%2E/b", 'the dot segment ".."'),
    ("https://app.example.org/a/.%2e;%C3%A4", 'the dot segment "..;?"'),
    ("https://app.example.org/index%2ehtml", "the encoded . (%2e) in the path"),
    ("https://app.example.org/a%2Fb", "the encoded / (%2F) in the path"),
    ("https://app.example.org/a%5cb", "the encoded \\ (%5c) in the path"),
    ("https://app.example.org/a%252fb", "the encoded % (%25) in the path"),
    ("https://app.example.org/%", 'the percent sign in "%"'),
    ("https://app.example.org/%4", 'the percent sign in "%4"'),
    ("https://app.example.org/%zz/b", 'the percent sign in "%zz"'),
    ("https://app.example.org/%c0%af", "percent-encoding of invalid UTF-8"),
    ("https://app.example.org/%0d%0ax", "the encoded control character U+000D"),
    ("https://app.example.org/%C2%85", "the encoded control character U+0085"),
    # Query
    ("https://app.example.org/?a=%zz", 'the percent sign in "%zz"'),
    ("https://app.example.org/?a=%0a", "the encoded control character U+000A"),
    ("https://app.example.org/?code=x", 'the query parameter "code"'),
    ("https://app.example.org/?a=1&state", 'the query parameter "state"'),
    ("https://app.example.org/?a=1;c%6fde=x", 'the query parameter "code"'),
    ("https://app.example.org/?Code=x", 'the query parameter "Code"'),
    ("https://app.example.org/?+code=x", 'the query parameter " code"'),
    ("https://app.example.org/?code[]=x", 'the query parameter "code[]"'),
    ("https://app.example.org/?c%256fde=x", 'the query parameter "c%6fde"'),
    ("https://app.example.org/?error_description=x", 'the query parameter "error_description"'),
    ("https://app.example.org/?errorä=x".replace("ä", "%C3%A4"), 'the query parameter "error?"'),
    *[
        (f"https://app.example.org/cb?{name}=x", f'the query parameter "{name}"')
        for name in (
            "iss",
            "id_token",
            "access_token",
            "token_type",
            "expires_in",
            "scope",
            "session_state",
            "response",
            "error",
        )
    ],
]


@pytest.mark.parametrize(("uri", "found"), BOTH)
def test_an_invalid_uri_is_neither_registered_nor_requested(uri: str, found: str) -> None:
    """H-40: also without a scheme."""
    for parse in (parse_pattern, parse_uri):
        with pytest.raises(InvalidUri) as refused:
            parse(uri)
        assert refused.value.found == found
        assert refused.value.allowed
        assert str(refused.value).isascii()


PATTERNS = [
    ("https://*.0.0.1/**", 'the host "*.0.0.1", which could match an IP address'),
    ("https://**.0.0.1/**", 'the host "**.0.0.1", which could match an IP address'),
    ("https://*.0.0x7f/**", 'the host "*.0.0x7f", which could match an IP address'),
    ("https://*.1/", 'the host "*.1", which could match an IP address'),
    ("http://1*.0.0.1/", 'the host "1*.0.0.1", which could match an IP address'),
    ("https://*", 'the host "*" with only one label'),
    ("https://**", 'the host "**" with only one label'),
    ("https://*.org/**", 'a wildcard in the last two labels of the host "*.org"'),
    ("https://**.org", 'a wildcard in the last two labels of the host "**.org"'),
    ("https://example.*/**", 'a wildcard in the last two labels of the host "example.*"'),
    (
        "https://app.example.org*",
        'a wildcard in the last two labels of the host "app.example.org*"',
    ),
    ("http://a.*localhost/", 'a wildcard in the last two labels of the host "a.*localhost"'),
    ("https://a.**.example.org", '** in the host label "**"'),
    ("https://a**.example.org", '** in the host label "a**"'),
    ("https://***.example.org", '** in the host label "***"'),
    ("http://*.example.org/", 'http:// for the host "*.example.org"'),
    ("http://*.localhost.example/", 'http:// for the host "*.localhost.example"'),
    ("https://app.example.org:*/", "the port *"),
    ("https://app.example.org:4*/", 'the port "4*"'),
    ("http*://app.example.org:0/", 'the port "0" with a leading zero'),
    ("https://[*]/", 'the IP address "[*]"'),
    ("https://app.example.org/%*", 'the percent sign in "%*"'),
]


@pytest.mark.parametrize(("uri", "found"), PATTERNS)
def test_an_invalid_pattern(uri: str, found: str) -> None:
    with pytest.raises(InvalidUri) as refused:
        parse_pattern(uri)
    assert refused.value.found == found


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://*.example.org/", 'the host label "*"'),
        ("https://**.example.org/", 'the host label "**"'),
        ("http*://app.example.org/", 'the scheme "http*"'),
        ("http://localhost:*/", 'the port "*"'),
    ],
)
def test_a_requested_uri_has_no_wildcards(uri: str, found: str) -> None:
    parse_pattern(uri)
    with pytest.raises(InvalidUri) as refused:
        parse_uri(uri)
    assert refused.value.found == found

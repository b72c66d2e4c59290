"""Origins that may show pages in frames (I-74, I-87): nothing else reaches the policy's header."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.redirects.frames import frame_source, parse_frame_origin
from broker.redirects.uri import InvalidUri

SOURCE = re.compile(r"https?://(\*\.)?[a-z0-9.\-\[\]:]+(:(\*|[0-9]+))?")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://portal.example.org", "https://portal.example.org"),
        ("HTTPS://Portal.Example.org:8443", "https://portal.example.org:8443"),
        ("https://*.example.org", "https://*.example.org"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://localhost:*", "http://localhost:*"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_origins(text: str, source: str) -> None:
    assert frame_source(parse_frame_origin(text)) == source


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "https:",
        "https://*",
        "https://*.org",
        "portal.example.org",
        "'self'",
        "data:",
        "https://portal.example.org/",
        "https://portal.example.org/path",
        "https://portal.example.org?query=1",
        "https://portal.example.org?",
        "https://portal.example.org#x",
        "https://portal.example.org; script-src *",
        "https://portal.example.org;script-src",
        "https://portal.example.org,https://other.example.org",
        "https://portal.example.org https://other.example.org",
        "https://portal.example.org\nX-Header: 1",
        "https://portal.example.org\t",
        " https://portal.example.org",
        "https://user@portal.example.org",
        "https://**.example.org",
        "https://a-*.example.org",
        "https://a.*.example.org",
        "https://*.*.example.org",
        "https://my_portal.example.org",
        "https://10.0.0.1",
        "http://portal.example.org",
        "https://pörtal.example.org",
        "https://portal.example.org:*",
        "https://" + "a." * 1200 + "example.org",
        "",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidUri):
        parse_frame_origin(text)


@given(
    st.text(alphabet="ab*.:/;, '\n\t[]@%_-", max_size=30).map(lambda text: f"https://{text}")
    | st.text(max_size=30)
)
def test_no_text_adds_a_source_or_a_directive(text: str) -> None:
    try:
        source = frame_source(parse_frame_origin(text))
    except InvalidUri:
        return
    assert SOURCE.fullmatch(source)

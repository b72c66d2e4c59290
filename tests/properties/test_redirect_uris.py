"""Properties of the grammar and the matching of redirect URIs (D-45)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broker.redirects.pattern import RedirectPattern, parse_pattern
from broker.redirects.uri import InvalidUri, RedirectUri, parse_uri

LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,5}[a-z0-9_])?", fullmatch=True)
SEGMENTS = st.text(st.sampled_from("abAB01-_~;=:%"), max_size=6).map(
    lambda text: text.replace("%", "%20")
)
PATHS = st.lists(SEGMENTS, max_size=5).map(lambda parts: "".join(f"/{part}" for part in parts))
PORTS = st.just("") | st.integers(1, 65_535).map(lambda port: f":{port}")
QUERIES = st.just("") | st.integers(0, 9).map(lambda number: f"?x={number}")


@st.composite
def uris(draw: st.DrawFn) -> str:
    labels = draw(st.lists(LABELS, max_size=3))
    host = ".".join([*labels, draw(st.sampled_from(["example.org", "localhost", "app.test"]))])
    return f"https://{host}{draw(PORTS)}{draw(PATHS)}{draw(QUERIES)}"


@given(uris())
@settings(max_examples=50)
def test_a_pattern_without_wildcards_matches_itself_only(uri: str) -> None:
    pattern = parse_pattern(uri)
    assert pattern.matches(parse_uri(uri))
    assert pattern.matches(parse_uri(uri.replace("https://", "HTTPS://")))
    for text in (f"{uri}/x", f"{uri}/", uri.replace("https://", "https://x.")):
        other = parsed(text)
        assert other is None or not pattern.matches(other)


HOST = ".apps.example.org"
PATTERNS = [
    parse_pattern(f"https://*{HOST}/**"),
    parse_pattern(f"https://**{HOST}/**"),
    parse_pattern(f"https://a*{HOST}/*/**/cb/**"),
]
PIECES = ["https://", "a", HOST, "evil.test", "/", "//", "\\", "@", ":", "?", "#", ".", "..", ";"]
PIECES += ["%2f", "%2e", "%5c", "%00", "%", "*", "**", "[", "]", " ", "\n", "\u3002", ":443", "cb"]


@given(st.lists(st.sampled_from(PIECES), max_size=10), st.sampled_from(PATTERNS))
@settings(max_examples=150)
@example([], PATTERNS[0])
@example(["/", "x", "/", "cb"], PATTERNS[2])
def test_what_matches_has_the_registered_host(rest: list[str], pattern: RedirectPattern) -> None:
    """Another parser, more lenient, finds the same host and no user name."""
    for text in ("".join(rest), f"https://a{HOST}{''.join(rest)}", f"https://{''.join(rest)}"):
        uri = parsed(text)
        if uri is None or not pattern.matches(uri):
            continue
        other = urlsplit(text)
        assert other.hostname == uri.host
        assert uri.host.endswith(HOST)
        assert (other.username, other.password, other.port) == (None, None, None)
        assert other.path == uri.path
        assert "//" not in other.path
        assert ".." not in re.split(r"[/;]", other.path)


def parsed(text: str) -> RedirectUri | None:
    try:
        return parse_uri(text)
    except InvalidUri:
        return None


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_a_uri_or_refused(text: str) -> None:
    for parse in (parse_pattern, parse_uri):
        try:
            parse(text)
        except InvalidUri as refused:
            message = str(refused)
        else:
            message = ""
        assert message.isascii()
        assert message.isprintable()


@given(
    st.lists(st.sampled_from(["**", "*", "a*", "*b", "a*a", "a", "b", "ab", ""]), max_size=5),
    st.lists(st.sampled_from(["a", "b", "ab", "aab", "aa", ""]), max_size=7),
)
@settings(max_examples=250)
@example(["**", "a*", "b", "**"], ["ab", "a", "aa", "b"])
def test_paths_match_as_with_backtracking(parts: list[str], segments: list[str]) -> None:
    registered = "https://a.b" + "".join(f"/{part}" for part in parts)
    requested = "https://a.b" + "".join(f"/{segment}" for segment in segments)
    try:
        pattern = parse_pattern(registered)
    except InvalidUri:
        return
    expected = parts == segments
    if "*" in registered:
        expected = "" not in segments[:-1] and backtracking(parts, segments)
    assert pattern.matches(parse_uri(requested)) is expected


def backtracking(parts: list[str], segments: list[str]) -> bool:
    if not parts:
        return not segments
    if parts[0] == "**":
        return any(backtracking(parts[1:], segments[n:]) for n in range(len(segments) + 1))
    if not segments:
        return False
    expression = ".*".join(map(re.escape, parts[0].split("*")))
    return bool(re.fullmatch(expression, segments[0])) and backtracking(parts[1:], segments[1:])


@given(
    st.text(st.sampled_from("ab*"), min_size=1, max_size=8),
    st.text(st.sampled_from("ab"), min_size=1, max_size=10),
)
@settings(max_examples=100)
def test_labels_match_as_with_backtracking(label: str, requested: str) -> None:
    try:
        pattern = parse_pattern(f"https://{label}.example.org")
    except InvalidUri:
        assert "**" in label or label.count("*") > 4
        return
    matches = re.fullmatch("[a-z0-9_-]+".join(label.split("*")), requested) is not None
    if label != "**":
        assert pattern.matches(parse_uri(f"https://{requested}.example.org")) is matches


@pytest.mark.parametrize("count", [5, 500])
def test_more_wildcards_than_allowed_are_refused_before_any_match(count: int) -> None:
    with pytest.raises(InvalidUri, match=f"^{count} wildcards"):
        parse_pattern(f"https://{'a*' * count}.example.org")

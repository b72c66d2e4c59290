"""Requests that cost memory or time, or that two servers could read differently (RFC 9112)."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.server.http import environ
from broker.server.http.environ import request_environ
from broker.server.http.parsing import (
    MAX_HEAD_BYTES,
    HttpRequest,
    MalformedRequest,
    RequestParser,
)

MAX_BODY = 1_048_576
READ = 65_536
CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def environ_of(target: bytes, *headers: tuple[bytes, bytes]) -> dict[str, object]:
    return request_environ({}, HttpRequest("GET", target, headers=list(headers)))


def feed_all(parser: RequestParser, *pieces: bytes) -> None:
    for piece in pieces:
        parser.feed(piece)


ENDLESS = {
    "trailer": (b"0\r\nX: ", b"a"),
    "trailers": (b"0\r\n", b"a: b\r\n"),
    "name of a trailer": (b"0\r\n", b"a"),
    "extension": (b"1;", b"a"),
    "size": (b"", b"0"),
}


@pytest.mark.parametrize(("beginning", "repeated"), ENDLESS.values(), ids=ENDLESS)
def test_what_surrounds_chunks_is_bounded(beginning: bytes, repeated: bytes) -> None:
    """The parser keeps a trailer until it is complete, and copies it with each part."""
    parser = RequestParser(MAX_BODY)
    parser.feed(CHUNKED)
    parser.feed(beginning)
    piece = repeated * (READ // len(repeated))
    with pytest.raises(MalformedRequest) as refused:
        feed_all(parser, *[piece] * (MAX_HEAD_BYTES // READ + 3))
    assert refused.value.status == 431
    assert parser.is_closed


def test_a_long_body_with_trailers_is_complete() -> None:
    parser = RequestParser(MAX_BODY)
    parser.feed(CHUNKED)
    for _ in range(8):
        parser.feed(b"10000;a=b\r\n" + b"x" * 65_536 + b"\r\n")
    parser.feed(b"0\r\nX-Trailer: a\r\n\r\n")
    assert len(parser.requests[0].body) == 8 * 65_536


def test_small_chunks_take_no_more_memory_than_their_bytes() -> None:
    parser = RequestParser(MAX_BODY)
    parser.feed(CHUNKED)
    for _ in range(100):
        parser.feed(b"2\r\nab\r\n" * 1000)
    held = parser._body
    assert sys.getsizeof(held) < 2 * len(held)
    parser.feed(b"0\r\n\r\n")
    assert parser.requests[0].body == b"ab" * 100_000


@pytest.mark.parametrize(
    ("version", "coding", "status"),
    [
        (b"1.1", b"gzip, chunked", 501),
        (b"1.1", b"xchunked", 501),
        (b"1.1", b"identity, chunked", 501),
        (b"1.0", b"chunked", 400),
    ],
)
def test_only_chunked_of_http_1_1_is_read(version: bytes, coding: bytes, status: int) -> None:
    """A proxy that does not know a coding may end the body elsewhere (RFC 9112 section 6.1)."""
    parser = RequestParser(MAX_BODY)
    head = b"POST /a HTTP/%s\r\nHost: h\r\nTransfer-Encoding: %s\r\n\r\n" % (version, coding)
    with pytest.raises(MalformedRequest) as refused:
        parser.feed(head + b"0\r\n\r\n")
    assert refused.value.status == status


@pytest.mark.parametrize(
    "beginning",
    [
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
        b"Content-Length: +3\r\n\r\n",
        b"Content-Length: 3, 3\r\n\r\n",
        b"Content-Length:\r\n\r\n",
        b"Content-Length: " + b"0" * 5000 + b"3\r\n\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n\r\n",
        b"Transfer-Encoding: chunked, gzip\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n",
        b"X: a\r\n b\r\n\r\n",
        b"X: a\0b\r\n\r\n",
        b"X: a\rb\r\n\r\n",
        b"X: a\n\r\n",
        b"X\x80: a\r\n\r\n",
        b": a\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_request_with_two_readings_is_refused(beginning: bytes, size: int) -> None:
    parser = RequestParser(MAX_BODY)
    sent = b"POST / HTTP/1.1\r\nHost: h\r\n" + beginning
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    with pytest.raises(MalformedRequest) as refused:
        feed_all(parser, *pieces)
    assert refused.value.status == 400
    assert not parser.requests


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"http://other?x=/oauth/token", "/", "x=/oauth/token", "other"),
        (b"http://other#/oauth/token", "/", "", "other"),
        (b"http://other:80/a?b=c", "/a", "b=c", "other:80"),
        (b"http://other", "/", "", "other"),
        (b"/a", "/a", "", "h"),
        (b"*", "*", "", "h"),
    ],
)
def test_an_absolute_target_names_host_path_and_query(
    target: bytes, path: str, query: str, host: str
) -> None:
    """The Host header of such a request is ignored (RFC 9112 section 3.2.2)."""
    made = environ_of(target, (b"Host", b"h"))
    assert (made["PATH_INFO"], made["QUERY_STRING"], made["HTTP_HOST"]) == (path, query, host)


def test_long_names_of_headers_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environ, "_names", {})
    long = b"X-" + b"a" * 10_000
    assert environ_of(b"/", (long, b"1"), (b"X-B", b"2"))["HTTP_X_B"] == "2"
    assert list(environ._names) == [b"X-B"]


def test_a_refusal_after_an_upgrade_in_the_same_piece_keeps_its_reason() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    parser = RequestParser(MAX_BODY)
    with pytest.raises(MalformedRequest, match="Host"):
        parser.feed(upgrade + b"GET / HTTP/1.1\r\n\r\n")
    assert parser.is_closed
    assert len(parser.requests) == 1


HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
SENT = [
    b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET http://h?a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    HEAD + b"Content-Length: 3\r\n\r\nabc",
    HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    CHUNKED + b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: v\r\n\r\n",
    b"\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"x",
]


def outcome(*pieces: bytes) -> tuple[list[HttpRequest], int | None, bool]:
    """Return the requests, the status of a refusal, and whether the connection ends."""
    parser = RequestParser(MAX_BODY)
    status = None
    try:
        feed_all(parser, *pieces)
    except MalformedRequest as refused:
        status = refused.status
    return list(parser.requests), status, parser.is_closed


@given(st.lists(st.sampled_from(SENT) | st.binary(max_size=4), max_size=5), st.data())
def test_any_split_gives_the_same_requests(parts: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert outcome(*filter(None, pieces)) == outcome(sent)

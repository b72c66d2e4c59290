"""Requests from bytes, in whatever pieces they arrive (RFC 9112)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broker.server.http.parsing import (
    MAX_FIELD_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_LINE_BYTES,
    HttpRequest,
    MalformedRequest,
    RequestParser,
)

MAX_BODY = 100
GET = b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = (
    b"POST /a HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 3\r\nHost: h\r\n"
    b"HTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n\r\nabc"
)


def parsed(*parts: bytes) -> list[HttpRequest]:
    """Return the complete requests."""
    parser = RequestParser(MAX_BODY)
    for part in parts:
        parser.feed(part)
    return list(parser.requests)


def test_a_request_has_its_parts() -> None:
    [request] = parsed(GET)
    assert (request.method, request.target, request.version) == ("GET", b"/a?b=c", "1.1")
    assert request.headers == [(b"Host", b"h")]
    assert request.body == b""
    assert request.keeps_connection


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (POST, b"abc"),
        (CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc"),
        (CHUNKED + b"0\r\nX-Trailer: ignored\r\n\r\n", b""),
        (UPGRADE, b"abc"),
    ],
    ids=["length", "chunks", "trailer", "upgrade"],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_pieces_give_the_same_request(sent: bytes, body: bytes, size: int) -> None:
    requests = parsed(*(sent[start : start + size] for start in range(0, len(sent), size)))
    assert [request.body for request in requests] == [body]
    names = {name.lower() for name, _ in requests[0].headers}
    assert b"x-trailer" not in names
    assert b"upgrade" not in names


def test_pipelined_requests_are_kept_in_order() -> None:
    bodies = [request.body for request in parsed(POST + GET + POST)]
    assert bodies == [b"abc", b"", b"abc"]


def test_what_follows_the_last_request_is_ignored() -> None:
    closing = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    requests = parsed(closing + GET, GET)
    assert [request.keeps_connection for request in requests] == [False]


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
    ],
)
def test_connections_are_kept_as_the_version_says(
    version: bytes,
    connection: bytes,
    kept: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    [request] = parsed(b"GET / HTTP/%s\r\nHost: h\r\n%s\r\n" % (version, connection))
    assert request.keeps_connection is kept


@pytest.mark.parametrize(
    "beginning",
    [POST.replace(b"3", b"101"), CHUNKED + b"65\r\n" + b"x" * 101],
    ids=["length", "chunks"],
)
def test_a_body_that_is_too_long_is_cut_off(beginning: bytes) -> None:
    """The application refuses it; the rest is not read."""
    parser = RequestParser(MAX_BODY)
    parser.feed(beginning)
    [request] = parser.requests
    assert not request.keeps_connection
    parser.feed(b"x" * 1000)
    assert parser.buffered == 0
    assert len(parser.requests) == 1


@pytest.mark.parametrize(
    ("sent", "asked"),
    [(POST, 1), (CHUNKED, 1), (GET, 0), (POST.replace(b"3\r\n\r\nabc", b"0\r\n\r\n"), 0)],
    ids=["length", "chunks", "none", "empty"],
)
def test_a_request_that_is_refused_for_its_headers_needs_no_body(sent: bytes, asked: int) -> None:
    requests: list[HttpRequest] = []

    def refuses(request: HttpRequest) -> bool:
        requests.append(request)
        return True

    parser = RequestParser(MAX_BODY, refuses)
    parser.feed(sent.removesuffix(b"abc"))
    assert len(requests) == asked
    [request] = parser.requests
    assert request.keeps_connection is not bool(asked)
    if asked:
        parser.feed(b"abc")
    assert len(parser.requests) == 1


def test_the_longest_body_is_complete() -> None:
    body = b"x" * MAX_BODY
    assert parsed(CHUNKED + b"64\r\n" + body + b"\r\n0\r\n\r\n")[0].body == body


def test_a_client_may_wait_before_it_sends_the_body() -> None:
    parser = RequestParser(MAX_BODY)
    head, _, body = POST.partition(b"\r\n\r\n")
    parser.feed(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert (parser.waits_for_continue, parser.is_receiving) == (True, True)
    parser.feed(body)
    assert (parser.waits_for_continue, len(parser.requests)) == (False, 1)


MALFORMED = {
    "no HTTP": (b"\x16\x03\x01\r\n\r\n", 400),
    "old version": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "two lengths": (POST.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n"), 400),
    "length and chunks": (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n"), 400),
    "negative length": (POST.replace(b"3", b"-3"), 400),
    "chunk size": (CHUNKED + b"x\r\n", 400),
    "CONNECT": (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "other expectation": (GET.replace(b"\r\n\r\n", b"\r\nExpect: x\r\n\r\n"), 417),
    "long target": (b"GET /" + b"a" * MAX_LINE_BYTES + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    "long field": (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_FIELD_BYTES + b"\r\nHost: h\r\n\r\n", 431),
    "many fields": (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (MAX_HEADERS + 1) + b"\r\n", 431),
}


@pytest.mark.parametrize(("sent", "status"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_closes_the_connection(sent: bytes, status: int) -> None:
    parser = RequestParser(MAX_BODY)
    with pytest.raises(MalformedRequest) as refused:
        parser.feed(sent)
    assert refused.value.status == status
    assert refused.value.reason
    parser.feed(GET)
    assert not parser.requests


def test_headers_without_an_end_are_refused() -> None:
    parser = RequestParser(MAX_BODY)
    parser.feed(b"GET / HTTP/1.1\r\nHost: h\r\n")
    for _ in range(MAX_HEAD_BYTES // 1000):
        parser.feed(b"X" * 1000)
    with pytest.raises(MalformedRequest) as refused:
        parser.feed(b"X" * 1000)
    assert refused.value.status == 431


def test_too_many_pipelined_requests_are_refused() -> None:
    parser = RequestParser(MAX_BODY)
    with pytest.raises(MalformedRequest):
        parser.feed(GET * 100)


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([GET, POST, CHUNKED, UPGRADE]), max_size=6)
)
@example([CHUNKED, b"0\r\n", b"\r\n", GET])
def test_any_bytes_give_requests_or_a_refusal(parts: list[bytes]) -> None:
    parser = RequestParser(MAX_BODY)
    try:
        for part in parts:
            parser.feed(part)
    except MalformedRequest:
        assert parser.is_closed
    assert all(len(request.body) <= MAX_BODY + 40 for request in parser.requests)

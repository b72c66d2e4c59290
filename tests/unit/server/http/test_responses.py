"""Responses as bytes."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest

from broker.server.http.parsing import HttpRequest
from broker.server.http.responses import encode_response, error_response

TEXT = [("Content-Type", "text/plain")]


def head_and_body(response: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def test_a_response_has_its_length_and_date() -> None:
    response = encode_response(HttpRequest(), 200, TEXT, b"abc", closes=False)
    lines, body = head_and_body(response)
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert b"Content-Type: text/plain" in lines
    assert b"Content-Length: 3" in lines
    assert any(line.startswith(b"Date: ") and line.endswith(b" GMT") for line in lines)
    assert not any(line.startswith((b"Server:", b"Connection:")) for line in lines)
    assert body == b"abc"


def test_a_given_length_is_kept() -> None:
    request = HttpRequest(method="HEAD")
    response = encode_response(request, 200, [("Content-Length", "5")], b"", closes=False)
    lines, body = head_and_body(response)
    assert [line for line in lines if line.startswith(b"Content-Length")] == [b"Content-Length: 5"]
    assert body == b""


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_no_length(status: int) -> None:
    lines, body = head_and_body(encode_response(HttpRequest(), status, [], b"", closes=False))
    assert not any(line.startswith(b"Content-Length") for line in lines)
    assert body == b""


@pytest.mark.parametrize(
    ("version", "closes", "connection"),
    [("1.1", True, b"close"), ("1.0", False, b"keep-alive"), ("1.0", True, b"close")],
)
def test_the_connection_header_says_whether_it_ends(
    version: str,
    closes: bool,  # noqa: FBT001 - a parameter of the test
    connection: bytes,
) -> None:
    headers = [("Connection", "close")]
    request = HttpRequest(version=version)
    lines, _ = head_and_body(encode_response(request, 200, headers, b"", closes=closes))
    found = [line for line in lines if line.startswith(b"Connection")]
    assert found == [b"Connection: " + connection]


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb"])
def test_a_line_break_in_a_header_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode_response(HttpRequest(), 200, [("X", value)], b"", closes=False)


@pytest.mark.parametrize(
    ("status", "code"),
    [(HTTPStatus.BAD_REQUEST, "invalid_request"), (HTTPStatus.SERVICE_UNAVAILABLE, "server_error")],
)
def test_an_error_is_json_for_oauth_and_osb(status: HTTPStatus, code: str) -> None:
    lines, body = head_and_body(error_response(status, "The reason"))
    assert lines[0].split()[1] == b"%d" % status
    assert b"Connection: close" in lines
    assert b"Cache-Control: no-store" in lines
    assert json.loads(body) == {
        "error": code,
        "error_description": "The reason",
        "description": "The reason",
    }

"""The WSGI environment (PEP 3333)."""

from __future__ import annotations

import pytest

from broker.server.http.environ import CONNECTION, connection_environ, request_environ
from broker.server.http.parsing import HttpRequest

SOCKET = object()
COMMON = connection_environ(SOCKET, ("192.0.2.1", 4711), ("192.0.2.2", 8080), "https")


def test_it_names_both_ends_of_the_connection() -> None:
    environ = request_environ(COMMON, HttpRequest("POST", b"/a", body=b"abc"))
    assert environ["REMOTE_ADDR"] == "192.0.2.1"
    assert environ["SERVER_PORT"] == "8080"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ[CONNECTION] is SOCKET
    assert environ["wsgi.input"].read() == b"abc"
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a/b?c=d?e", "/a/b", "c=d?e"),
        (b"/%C3%A9%2F", "/\xc3\xa9/", ""),
        (b"/a#b?c", "/a", ""),
        (b"http://other:1/a?b", "/a", "b"),
        (b"http://other", "/", ""),
        (b"*", "*", ""),
        (b"//a", "//a", ""),
    ],
)
def test_path_and_query_come_from_the_target(target: bytes, path: str, query: str) -> None:
    environ = request_environ(COMMON, HttpRequest("GET", target))
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == (path, query)


def test_headers_have_their_names() -> None:
    headers = [
        (b"Content-Type", b"a/b"),
        (b"content-length", b"3"),
        (b"X-One", b"\xe9"),
        (b"x-one", b"2"),
    ]
    environ = request_environ(COMMON, HttpRequest("GET", b"/", headers=headers))
    assert environ["CONTENT_TYPE"] == "a/b"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["HTTP_X_ONE"] == "\xe9,2"


@pytest.mark.parametrize("name", [b"X_One", b"x_one", b"X-One_", b"Content_Length"])
def test_a_header_with_an_underscore_is_ignored(name: bytes) -> None:
    """D-33: it would have the WSGI name of another header."""
    for _ in range(2):  # also when the name is known
        environ = request_environ(COMMON, HttpRequest("GET", b"/", headers=[(name, b"1")]))
        assert environ.keys() - COMMON.keys() == {
            *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "wsgi.input")
        }

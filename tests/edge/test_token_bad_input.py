"""Hostile requests to the token service: the right 4xx, never a 5xx or a crash."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.application import fetch_token
from tests.support.platform import a_descriptor, a_guid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def credentials(platform: PlatformClient) -> Credentials:
    instance = a_guid()
    platform.provision(instance, a_descriptor())
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


@pytest.fixture(autouse=True)
def _goes_on(server: Server) -> Iterator[None]:
    before = server.log().count('"unexpected error"')
    yield
    assert server.is_up()
    assert server.log().count('"unexpected error"') == before


def post(credentials: Credentials, body: Any, **headers: str) -> requests.Response:
    return requests.post(
        f"{credentials['url']}/oauth/token",
        data=body,
        auth=(credentials["clientid"], credentials["clientsecret"]),
        headers={"Content-Type": FORM, **headers},
        timeout=30,
    )


@pytest.mark.parametrize("parameter", ["grant_type", "scope", "client_id", "client_secret", "x"])
def test_a_repeated_parameter_is_an_error(credentials: Credentials, parameter: str) -> None:
    """RFC 6749 section 3.2."""
    refused = post(credentials, [("grant_type", "client_credentials"), *[(parameter, "a")] * 2])
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_named_as_such(server: Server, method: str) -> None:
    refused = requests.request(method, f"{server.url}/oauth/token", timeout=30)
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"grant_type=client_credentials&scope=%00", 400, "invalid_scope"),
        (b"grant_type=client_credentials&scope=\x00", 400, "invalid_scope"),
        (b"grant_type=client_credentials&scope=\xff\xfe", 400, "invalid_request"),
        (b"grant_type=client_credentials&scope=%ff%c0%80", 400, "invalid_scope"),
        (b"grant_type=client_credentials&scope=%ED%A0%80", 400, "invalid_scope"),
        (b"grant_type=client_credentials%00", 400, "unsupported_grant_type"),
        (b"grant%00_type=client_credentials", 400, "invalid_request"),
        (b"%", 400, "invalid_request"),
        (b"&&&===", 400, "invalid_request"),
        (b"", 400, "invalid_request"),
        (b"grant_type=" + b"x" * 400_000, 400, "unsupported_grant_type"),
        (b"&".join(b"a%d=1" % number for number in range(40_000)), 400, "invalid_request"),
        (b"grant_type=client_credentials&x=" + b"x" * 2_000_000, 413, "invalid_request"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_malformed_form_is_refused(
    credentials: Credentials, body: bytes, status: int, error: str
) -> None:
    refused = post(credentials, body)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert refused.json()["error_description"].isascii()


@pytest.mark.parametrize("listener", ["http", "tls"])
@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_a_huge_basic_header(server: Server, listener: str, size: int) -> None:
    """RFC 6585: the server returns 431 before the application is called."""
    status = status_of_header(server, listener, b"Basic " + b"A" * size)
    assert status == {1_000: b"401", 1_000_000: b"431"}[size]


@pytest.mark.parametrize("listener", ["http", "tls"])
@pytest.mark.parametrize(
    "value",
    [b"Basic \x80\xff", b"Basic YQ==\x00", b"Basic \xc3\xa9", b"\xff", b"Basic", b"Basic  ", b""],
    ids=repr,
)
def test_bytes_that_no_header_should_hold(server: Server, listener: str, value: bytes) -> None:
    assert status_of_header(server, listener, value) in {b"400", b"401"}


def test_a_token_of_the_largest_size_fits_into_a_header(server: Server) -> None:
    for listener in ("http", "tls"):
        assert status_of_header(server, listener, b"Bearer " + b"A" * 16_384) == b"401"


def test_a_form_in_chunks_is_read(credentials: Credentials) -> None:
    assert post(credentials, iter([b"grant_type=", b"client_credentials"])).status_code == 200


def test_text_of_a_client_forges_no_log_line(credentials: Credentials, server: Server) -> None:
    forged = 'x"\n{"event": "forged by a client"}'
    fetch_token(credentials, scope=forged, grant_type="client_credentials")
    fetch_token({**credentials, "clientid": forged}, in_body=True)
    assert "forged by a client" not in server.log()


def status_of_header(server: Server, listener: str, authorization: bytes) -> bytes:
    """Send a token request with exactly these bytes as Authorization; return the status."""
    plain = socket.create_connection(
        ("127.0.0.1", server.port if listener == "http" else server.tls_port), timeout=30
    )
    trusting = ssl.create_default_context(cafile=str(server.ca_file))
    with closing(
        plain if listener == "http" else trusting.wrap_socket(plain, server_hostname="localhost")
    ) as connection:
        with suppress(OSError):  # the server may refuse before it has read everything
            connection.sendall(
                b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                b"Connection: close\r\nContent-Type: " + FORM.encode() + b"\r\n"
                b"Authorization: " + authorization + b"\r\n\r\n"
            )
        return connection.recv(4096).split(b" ", 2)[1]

"""The client certificate that a proxy forwards, and trusted proxies (D-33)."""

from __future__ import annotations

import base64
import socket
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import AuthenticationFailed
from broker.oauth.clients.certificate import ForwardedCertificate, certificate_of_connection
from broker.pki.forwarded import ForwardedFormat
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.pki.forwarded import Network

DER = a_client(an_authority()).der
WRITTEN = base64.b64encode(DER).decode()
NEAR: tuple[Network, ...] = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
SECRET = "secret-of-the-proxy"
TOLD = {"HTTP_X_PROXY_SECRET": SECRET}


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """A connection of the server that distinguishes ``X_…`` and ``X-…``."""
    with socket.socket() as opened:
        yield opened


def found(
    connection: object, networks: tuple[Network, ...] = NEAR, secret: str = "", **environ: str
) -> bytes | None:
    source = ForwardedCertificate(ForwardedFormat.GOROUTER, networks, secret)
    request: dict[str, Any] = {
        "broker.connection": connection,
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_X_FORWARDED_CLIENT_CERT": WRITTEN,
    }
    return source(request | environ)


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.7"])
def test_a_proxy_in_a_trusted_network_forwards_certificates(
    connection: socket.socket, peer: str
) -> None:
    assert found(connection, REMOTE_ADDR=peer) == DER


@pytest.mark.parametrize("peer", ["192.0.3.1", "2001:db9::1", "::ffff:192.0.3.7", "", "unix:"])
def test_other_peers_do_not(connection: socket.socket, peer: str) -> None:
    assert found(connection, REMOTE_ADDR=peer) is None


def test_a_proxy_may_be_known_by_its_secret(connection: socket.socket) -> None:
    assert found(connection, (), SECRET, **TOLD) == DER
    assert found(connection, (), SECRET) is None
    for wrong in ("", SECRET[:-1], f"{SECRET} ", "\udce4"):
        assert found(connection, (), SECRET, HTTP_X_PROXY_SECRET=wrong) is None


def test_with_networks_and_a_secret_both_must_hold(connection: socket.socket) -> None:
    assert found(connection, NEAR, SECRET, **TOLD) == DER
    assert found(connection, NEAR, SECRET) is None
    assert found(connection, NEAR, SECRET, REMOTE_ADDR="192.0.3.1", **TOLD) is None


def test_a_server_that_does_not_distinguish_headers_is_not_trusted() -> None:
    assert found(None) is None


def test_a_request_without_the_header_has_no_certificate(connection: socket.socket) -> None:
    assert found(connection, HTTP_X_FORWARDED_CLIENT_CERT="") is None


def test_a_broken_header_of_the_proxy_is_a_refusal(connection: socket.socket) -> None:
    with pytest.raises(AuthenticationFailed):
        found(connection, HTTP_X_FORWARDED_CLIENT_CERT="!")
    assert found(connection, HTTP_X_FORWARDED_CLIENT_CERT="!", REMOTE_ADDR="192.0.3.1") is None


def test_plain_connections_have_no_certificate_of_their_own(connection: socket.socket) -> None:
    assert certificate_of_connection({}) is None
    assert certificate_of_connection({"broker.connection": connection}) is None

"""Security and cache headers of every response, and the accepted TLS versions."""

from __future__ import annotations

import socket
import ssl
import warnings
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests

from broker.pki.development import ensure_server_certificate
from broker.runtime.state_directory import new_master_key
from tests.support.application import fetch_token
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = ("/token_keys", "/token_key", "/.well-known/openid-configuration")
REQUESTS = [
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    *(("GET", path, 200) for path in PUBLIC),
    ("POST", "/oauth/token", 401),
    ("GET", "/oauth/token", 405),
    ("POST", "/introspect", 401),
    ("POST", "/check_token", 401),
    ("POST", "/oauth/revoke", 401),
    ("GET", "/metrics", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/v2/catalog", 401),
    ("GET", "/v2/nowhere", 401),
]


@pytest.mark.parametrize("listener", ["http", "tls"])
@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_response_contains_the_headers(
    server: Server, listener: str, method: str, path: str, status: int
) -> None:
    url = server.url if listener == "http" else server.tls_url
    response = requests.request(method, url + path, verify=str(server.ca_file), timeout=30)
    assert response.status_code == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    public = "public, max-age=300" if path in PUBLIC else "no-store"
    assert response.headers["Cache-Control"] == public
    # A version would reveal known vulnerabilities.
    assert "Server" not in response.headers
    # Browsers would then refuse http://localhost as well.
    assert "Strict-Transport-Security" not in response.headers


def test_credentials_and_tokens_are_never_cached(platform: PlatformClient) -> None:
    instance, binding = a_guid(), a_guid()
    responses = [
        platform.provision(instance, a_descriptor()),
        bound := platform.bind(instance, binding),
        platform.fetch_binding(instance, binding),
        fetch_token(bound.json()["credentials"]),
    ]
    for response in responses:
        assert response.ok
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_catalog_may_be_cached_with_revalidation(platform: PlatformClient) -> None:
    response = platform.catalog()
    assert response.headers["ETag"]
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_responses_to_invalid_requests_contain_the_headers(server: Server) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with (
        socket.create_connection(("localhost", server.tls_port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n")
        received = connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"X-Content-Type-Options: nosniff\r\n" in received
    assert b"Cache-Control: no-store\r\n" in received


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as a deployment runs it, with an address on HTTPS."""
    settings = {
        "XSUAA_MODE": "production",
        "XSUAA_PUBLIC_URL": "https://uaa.example.org",
        "XSUAA_BROKER_PASSWORD": "broker-password-of-this-test",
        "XSUAA_MASTER_KEYS": new_master_key(),
        "XSUAA_HOST": "127.0.0.1",
    }
    with Server(tmp_path_factory.mktemp("deployed"), workers=1, **settings) as running:
        yield running


def test_hsts_is_sent_over_https_only(deployed: Server) -> None:
    """RFC 6797 section 7.2."""
    secure = requests.get(f"{deployed.tls_url}/healthz", verify=str(deployed.ca_file), timeout=30)
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    claimed = {"X-Forwarded-Proto": "https"}
    plain = requests.get(f"{deployed.url}/healthz", headers=claimed, timeout=30)
    assert "Strict-Transport-Security" not in plain.headers


TLS_VERSIONS = {
    ssl.TLSVersion.TLSv1: False,
    ssl.TLSVersion.TLSv1_1: False,
    ssl.TLSVersion.TLSv1_2: True,
    ssl.TLSVersion.TLSv1_3: True,
}


@pytest.mark.parametrize(("version", "accepted"), TLS_VERSIONS.items(), ids=str)
def test_old_tls_is_refused(server: Server, version: ssl.TLSVersion, accepted: bool) -> None:  # noqa: FBT001
    """RFC 8996."""
    client = speaking(ssl.create_default_context(cafile=str(server.ca_file)), version)
    if accepted:
        assert spoken(client, server.tls_port) == version
    else:
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol version"):
            spoken(client, server.tls_port)


def test_the_client_of_these_tests_can_speak_old_tls(tmp_path: Path) -> None:
    """Otherwise its failure would prove nothing about the server."""
    certificate = ensure_server_certificate(tmp_path, ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    version = ssl.TLSVersion.TLSv1_1
    server = speaking(context, version)
    trusted = ssl.create_default_context(cafile=str(certificate.with_name("ca.pem")))
    client = speaking(trusted, version)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    finished: set[ssl.SSLObject] = set()
    for _ in range(10):
        for side in {ours, theirs} - finished:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            finished.add(side)
    assert ours.version() == theirs.version() == "TLSv1.1"


def speaking(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Restrict a context to one version of TLS."""
    with warnings.catch_warnings(category=DeprecationWarning, action="ignore"):
        context.minimum_version = context.maximum_version = version
    # OpenSSL allows the signatures of old TLS only at security level 0.
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def spoken(client: ssl.SSLContext, port: int) -> ssl.TLSVersion:
    """Shake hands with the server; return the version of TLS."""
    plain = socket.create_connection(("localhost", port), timeout=30)
    with closing(plain), client.wrap_socket(plain, server_hostname="localhost") as connection:
        return ssl.TLSVersion[(connection.version() or "").replace(".", "_")]

"""A renewed client certificate obeys the same rules as the one that was bound."""

from __future__ import annotations

import base64
import json
import ssl
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.mutual_tls import fetch_with_certificate
from tests.support.pki import Holder, a_client, an_authority, unsuitable_clients, with_sha1
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

BAD_CREDENTIALS = {"error": "invalid_client", "error_description": "Bad credentials"}
CA = an_authority("Corporate CA", key=rsa.generate_private_key(65537, 2048))
BOUND = a_client(CA)
UNSUITABLE = {
    **unsuitable_clients(CA),
    "SHA-1": with_sha1(a_client(CA)),
    "expired": a_client(CA, days=0.01),
}
TYPES = credential_types("x509", "binding-secret")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a proxy, with a TLS listener of its own."""
    directory = tmp_path_factory.mktemp("client-certificates")
    trusted = directory / "trusted.pem"
    trusted.write_text(CA.pem)
    with Server(
        directory,
        workers=1,
        XSUAA_TRUSTED_CA_FILE=str(trusted),
        XSUAA_FORWARDED_CERTIFICATE="gorouter",
        XSUAA_TRUSTED_PROXIES="127.0.0.2/32",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def platform(server: Server) -> PlatformClient:
    """The platform."""
    return PlatformClient(server.url, server.user, server.password, may_fail=True)


@pytest.fixture(scope="module")
def instance(platform: PlatformClient) -> str:
    """A service instance."""
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
    return instance


@pytest.fixture(scope="module")
def unpinned(platform: PlatformClient, instance: str) -> dict[str, Any]:
    """A binding that accepts any certificate with the names of the bound one."""
    response = bind(platform, instance, BOUND.chain, pinned=False)
    assert response.ok, response.text
    credentials: dict[str, Any] = response.json()["credentials"]
    return credentials


def bind(platform: PlatformClient, instance: str, chain: str, *, pinned: bool) -> requests.Response:
    certificate = {"certificate": chain, "certificate-pinning": pinned}
    return platform.bind(instance, a_guid(), {"credential-type": "x509", "x509": certificate})


def behind_proxy(
    server: Server, holder: Holder, path: str, **form: str
) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection(
        "127.0.0.1", server.port, timeout=30, source_address=("127.0.0.2", 0)
    )
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-Client-Cert": base64.b64encode(holder.der).decode(),
    }
    with closing(connection):
        connection.request("POST", path, urlencode(form), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")


@pytest.mark.parametrize("fault", UNSUITABLE)
def test_an_unsuitable_renewal_is_refused_behind_a_proxy_at_every_endpoint(
    server: Server, unpinned: dict[str, Any], fault: str
) -> None:
    client = {"client_id": unpinned["clientid"]}
    grant = {"grant_type": "client_credentials"}
    status, issued = behind_proxy(server, BOUND, "/oauth/token", **client, **grant)
    assert status == 200
    renewed = UNSUITABLE[fault]
    assert behind_proxy(server, renewed, "/oauth/token", **client, **grant) == (
        401,
        BAD_CREDENTIALS,
    )
    token = {"token": issued["access_token"]}
    for path in ("/introspect", "/check_token", "/oauth/revoke"):
        assert behind_proxy(server, BOUND, "/introspect", **client, **token)[1]["active"] is True
        assert behind_proxy(server, renewed, path, **client, **token)[0] == 401, path
    path = f"/oauth/token/revoke/client/{unpinned['clientid']}"
    assert behind_proxy(server, renewed, path, **client)[0] == 401
    assert behind_proxy(server, BOUND, "/introspect", **client, **token)[1]["active"] is True


@pytest.mark.parametrize("fault", UNSUITABLE)
def test_an_unsuitable_renewal_is_refused_on_the_own_listener(
    server: Server, unpinned: dict[str, Any], fault: str
) -> None:
    renewed = UNSUITABLE[fault].credentials(unpinned)
    assert fetch_with_certificate(BOUND.credentials(unpinned), server.ca_file).status == 200
    try:
        response = fetch_with_certificate(renewed, server.ca_file)
    except (ssl.SSLError, ConnectionError):
        return  # refused by the handshake
    assert (response.status, response.body) == (401, BAD_CREDENTIALS)


@pytest.mark.parametrize("fault", UNSUITABLE)
@pytest.mark.parametrize("pinned", [False, True])
def test_an_unsuitable_certificate_is_not_bound(
    platform: PlatformClient, instance: str, fault: str, *, pinned: bool
) -> None:
    refused = bind(platform, instance, UNSUITABLE[fault].chain, pinned=pinned)
    assert refused.status_code == 400, refused.text
    assert "x509.certificate" in refused.json()["description"]


def test_a_refused_renewal_does_not_replace_the_certificate_in_use(
    server: Server, unpinned: dict[str, Any]
) -> None:
    """A newer certificate replaces older ones only if it is accepted (H-32)."""
    for renewed in UNSUITABLE.values():
        with_it = renewed.credentials(unpinned)
        try:
            assert fetch_with_certificate(with_it, server.ca_file).status == 401
        except (ssl.SSLError, ConnectionError):
            continue
    assert fetch_with_certificate(BOUND.credentials(unpinned), server.ca_file).status == 200

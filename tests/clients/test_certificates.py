"""SAP's libraries, unmodified, with certificates instead of secrets: directly and through nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.service_instance import displaying_application
from tests.support.application import token_claims
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.nginx import Nginx, NginxMissingError, nginx_program
from tests.support.people import PASSWORD, people_of
from tests.support.platform import PlatformClient, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.node_client import NodeClient
    from tests.clients.python_client import PythonClient
    from tests.clients.service_instance import ServiceInstance

NOT_AUTHENTICATED = "Authorization header invalid"
REFUSED = {"error": "ResponseError", "status": 401}


@pytest.fixture(params=["directly", "through nginx"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server whose certificate endpoint is its own TLS listener or that of a proxy."""
    directory = tmp_path_factory.mktemp("certificates")
    if request.param == "directly":
        with Server(directory) as running:
            yield running
        return
    try:
        program = nginx_program(directory)
    except NginxMissingError as missing:
        pytest.skip(str(missing))
    running = Server(directory, XSUAA_FORWARDED_CERTIFICATE="nginx", XSUAA_PROXY_SECRET="s")
    proxy = Nginx(
        program,
        directory / "proxy",
        certificate=directory / "var" / "server-with-key.pem",
        upstream_port=running.port,
        secret="s",
    )
    running.environment["XSUAA_CERT_URL"] = proxy.url
    with running, proxy:
        yield running


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    """The platform that owns the server's broker credentials."""
    return PlatformClient(server.url, server.user, server.password)


@pytest.fixture
def application(platform: PlatformClient) -> ServiceInstance:
    """An application with certificates."""
    types = credential_types("x509", "binding-secret")
    return displaying_application(platform, **{"oauth2-configuration": types})


def test_the_node_library_fetches_tokens_until_the_key_is_deleted(
    node: NodeClient, application: ServiceInstance
) -> None:
    key, other = application.create_key(), application.create_key()
    assert key.credentials["credential-type"] == "x509"
    answers = node.fetch_tokens(key.credentials, other.credentials)
    (facts,) = node.validate(
        key.credentials, answers[0]["access_token"], local_scopes=["Display", "Edit"]
    )
    assert facts["localScopes"] == {"Display": True, "Edit": False}
    assert "access_token" in answers[1]

    application.delete_key(key)
    again = node.fetch_tokens(*[key.credentials] * 4, other.credentials)
    assert again[:4] == [REFUSED] * 4
    assert "access_token" in again[4]


@pytest.mark.parametrize("server", ["directly"], indirect=True)
def test_the_node_library_finds_the_certificate_endpoint_of_its_zone(
    node: NodeClient, application: ServiceInstance
) -> None:
    """With a zone it calls ``uaadomain``, the server's own TLS listener."""
    credentials = application.create_key().credentials
    assert node.fetch_token(credentials, zid=credentials["zoneid"])


def test_the_python_library_authenticates_until_the_key_is_deleted(
    python: PythonClient, application: ServiceInstance, server: Server
) -> None:
    """It exchanges a user's token for one of the application."""
    key, other = application.create_key(), application.create_key()
    token = fetch_with_certificate(other.credentials, server.ca_file).token
    (facts,) = python.validate(key.credentials, token, local_scopes=["Display"])
    assert facts["local_scopes"] == {"Display": True}

    name = people_of(server, key.credentials).create()
    logon = {"grant_type": "password", "username": name, "password": PASSWORD}
    of_user = fetch_with_certificate(other.credentials, server.ca_file, **logon).token

    both = key.credentials, other.credentials
    for answer in python.exchange(of_user, other.credentials, *both):
        assert token_claims(answer["access_token"])["user_name"] == name

    application.delete_key(key)
    refused, exchanged = python.exchange(of_user, other.credentials, *both)
    assert NOT_AUTHENTICATED in refused["message"]
    assert token_claims(exchanged["access_token"])["user_name"] == name

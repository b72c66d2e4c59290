"""httpyac fetches tokens as in SAP's tutorials and sends them to an application."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.cap_application import CapApplication
from tests.clients.node_client import FOLDER, node_program
from tests.clients.service_instance import displaying_application
from tests.support.people import PASSWORD, people_of
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.service_instance import ServiceInstance
    from tests.support.application import Credentials
    from tests.support.server import Server


@pytest.fixture(scope="module")
def instance(server: Server) -> ServiceInstance:
    return displaying_application(PlatformClient(server.url, server.user, server.password))


@pytest.fixture(scope="module")
def credentials(instance: ServiceInstance) -> Credentials:
    return instance.create_key().credentials


@pytest.fixture(scope="module")
def cap(
    credentials: Credentials, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CapApplication]:
    log_file = tmp_path_factory.mktemp("cap") / "cap.log"
    with CapApplication(credentials, "xsuaa", server.ca_file, log_file) as running:
        yield running


def send(
    cap: CapApplication,
    credentials: Credentials,
    server: Server,
    file: str = "requests.http",
    **more: str,
) -> dict[str, Any]:
    """Send the request of the file; return httpyac's report of it."""
    variables = {
        **more,
        "application": cap.url,
        "uaa_tokenEndpoint": f"{server.tls_url}/oauth/token",
        "uaa_clientId": credentials["clientid"],
        "uaa_clientSecret": credentials["clientsecret"],
    }
    ended = subprocess.run(
        [
            *(node_program(), FOLDER / "node_modules/httpyac/bin/httpyac.js", "send"),
            *(FOLDER / file, "--all", "--json", "--var"),
            *(f"{name}={value}" for name, value in variables.items()),
        ],
        env={"NODE_EXTRA_CA_CERTS": str(server.ca_file)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report: dict[str, Any] = json.loads(ended.stdout[ended.stdout.index("{") :])
    return report


def test_a_tutorial_s_request_succeeds(
    cap: CapApplication, credentials: Credentials, server: Server
) -> None:
    report = send(cap, credentials, server)
    assert report["requests"][0]["response"]["statusCode"] == 200


def test_a_wrong_a_revoked_and_a_foreign_credential_are_not(
    cap: CapApplication,
    credentials: Credentials,
    server: Server,
    instance: ServiceInstance,
    another_application: ServiceInstance,
) -> None:
    revoked = instance.create_key()
    instance.delete_key(revoked)
    presented = (
        {**credentials, "clientsecret": "wrong"},
        revoked.credentials,
        another_application.create_key().credentials,
    )
    for each in presented:
        report = send(cap, each, server)
        assert report["requests"][0]["response"]["statusCode"] == 401


def test_a_user_s_request_succeeds(
    cap: CapApplication, credentials: Credentials, server: Server
) -> None:
    """M12."""
    name = people_of(server, credentials).create()
    logon = {"uaa_username": name, "uaa_password": PASSWORD}
    report = send(cap, credentials, server, "user_requests.http", **logon)
    assert report["requests"][0]["response"]["statusCode"] == 200
    assert name in report["requests"][0]["response"]["body"]

"""CAP, unmodified: its services return 200, 401 and 403 according to their roles."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.clients.cap_application import CapApplication
from tests.clients.service_instance import displaying_application
from tests.clients.tampering import with_another_signature, with_claims, with_header
from tests.support.application import fetch_token
from tests.support.platform import ORGANIZATION, PlatformClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.service_instance import ServiceInstance
    from tests.support.application import Credentials
    from tests.support.server import Server


@pytest.fixture(scope="module")
def bound(server: Server) -> tuple[ServiceInstance, Credentials]:
    """The application's instance and its binding's credentials."""
    instance = displaying_application(PlatformClient(server.url, server.user, server.password))
    return instance, instance.create_key().credentials


@pytest.fixture(scope="module", params=["xsuaa", "jwt"])
def cap(
    request: pytest.FixtureRequest,
    server: Server,
    bound: tuple[ServiceInstance, Credentials],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CapApplication]:
    log_file = tmp_path_factory.mktemp("cap") / "cap.log"
    with CapApplication(bound[1], request.param, server.ca_file, log_file) as running:
        yield running


@pytest.fixture
def credentials(bound: tuple[ServiceInstance, Credentials]) -> Credentials:
    return bound[1]


def token_of(credentials: Credentials, server: Server, scope: str = "") -> str:
    """Fetch a token over https, trusting the server's authority only."""
    response = requests.post(
        f"{server.tls_url}/oauth/token",
        data={"grant_type": "client_credentials", "scope": scope},
        auth=(credentials["clientid"], credentials["clientsecret"]),
        verify=str(server.ca_file),
        timeout=30,
    )
    token: str = response.json()["access_token"]
    return token


def test_the_bound_client_gets_access_by_its_scopes(
    cap: CapApplication, credentials: Credentials, server: Server
) -> None:
    token = token_of(credentials, server)
    expected = {"display": 200, "anybody": 200, "system": 200, "edit": 403, "open": 200}
    answers = {service: cap.call(service, token) for service in expected}
    assert {name: answer.status_code for name, answer in answers.items()} == expected
    assert answers["display"].json()["value"] == f"system of {ORGANIZATION}"


def test_a_token_with_fewer_scopes_opens_less(
    cap: CapApplication, credentials: Credentials, server: Server
) -> None:
    token = token_of(credentials, server, scope="uaa.resource")
    assert cap.call("display", token).status_code == 403
    assert cap.call("anybody", token).status_code == 200


def test_without_a_valid_token_access_is_refused(
    cap: CapApplication,
    credentials: Credentials,
    server: Server,
    another_application: ServiceInstance,
) -> None:
    token = token_of(credentials, server)
    foreign = token_of(another_application.create_key().credentials, server)
    refused = {
        "none": None,
        "garbage": "garbage",
        "foreign": foreign,
        "wider": with_claims(token, scope=[f"{credentials['xsappname']}.Edit"]),
        "later": with_claims(token, exp=int(time.time()) + 10**6),
        "another signature": with_another_signature(token),
        "another key": with_header(token, kid="another-key"),
        "unsigned": with_header(token, alg="none"),
    }
    for name, presented in refused.items():
        for service in ("display", "anybody", "edit"):
            assert cap.call(service, presented).status_code == 401, name
    assert cap.call("open").status_code == 200


def test_without_a_valid_credential_no_token_is_issued(
    bound: tuple[ServiceInstance, Credentials], server: Server
) -> None:
    instance, credentials = bound
    key = instance.create_key()
    assert fetch_token(key.credentials).status_code == 200
    instance.delete_key(key)
    for refused in (key.credentials, {**credentials, "clientsecret": "wrong"}):
        assert fetch_token(refused).status_code == 401

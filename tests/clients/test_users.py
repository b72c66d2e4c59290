"""SAP's Node.js and Python libraries and Cloud SDK with tokens of users (M6-M10, M15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.application import token_claims
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import ORGANIZATION, PlatformClient, a_descriptor

if TYPE_CHECKING:
    from tests.clients.node_client import NodeClient
    from tests.clients.python_client import PythonClient
    from tests.support.application import Credentials
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture(scope="module")
def application(server: Server) -> ServiceInstance:
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(displaying_users())


@pytest.fixture(scope="module")
def credentials(application: ServiceInstance) -> Credentials:
    return application.create_key("binding-secret").credentials


@pytest.fixture(scope="module")
def certificate(application: ServiceInstance) -> Credentials:
    return application.create_key("x509").credentials


@pytest.fixture(scope="module")
def people(server: Server, credentials: Credentials) -> People:
    return people_of(server, credentials)


@pytest.fixture(scope="module")
def viewer(people: People, credentials: Credentials) -> str:
    """A user who may display the orders of two countries."""
    return people.create("CountryViewer", app_id=credentials["xsappname"])


@pytest.fixture(scope="module")
def reusing(server: Server) -> Credentials:
    """Another client of the zone, as of a reuse service."""
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(a_descriptor()).create_key().credentials


def test_a_user_logs_on_with_a_password(
    node: NodeClient, credentials: Credentials, certificate: Credentials, viewer: str
) -> None:
    """M6; the library sends a secret in the form, or presents a certificate."""
    for requesting in (credentials, certificate):
        answer = node.log_on(requesting, viewer, PASSWORD)
        (facts,) = node.validate(
            credentials, answer["access_token"], local_scopes=["Display", "Edit"]
        )
        assert facts["logonName"] == viewer
        assert (facts["givenName"], facts["familyName"]) == ("Anna", "Example")
        assert facts["email"] == f"{viewer}@example.org"
        assert facts["origin"] == "sap.default"
        assert facts["grantType"] == "password"
        assert facts["attributes"] == {"Country": ["DE", "FR"]}
        assert facts["localScopes"] == {"Display": True, "Edit": False}
        assert answer["refresh_token"]


def test_a_wrong_password_and_an_unknown_user_are_refused_alike(
    node: NodeClient, credentials: Credentials, viewer: str
) -> None:
    wrong = node.log_on(credentials, viewer, PASSWORD[::-1])
    assert wrong == node.log_on(credentials, "unknown", PASSWORD)
    assert wrong["status"] == 401


@pytest.mark.parametrize("options", [{}, {"zid": ORGANIZATION}], ids=["without-zone", "with-zone"])
def test_a_token_is_exchanged_for_the_own_client(
    node: NodeClient,
    credentials: Credentials,
    certificate: Credentials,
    viewer: str,
    options: dict[str, str],
) -> None:
    """M7: with a secret and a certificate; with a zone, the library sends ``x-zid``."""
    token = node.log_on(credentials, viewer, PASSWORD)["access_token"]
    for requesting in (credentials, certificate):
        exchanged = node.exchange(requesting, token, **options)["access_token"]
        (facts,) = node.validate(credentials, exchanged, local_scopes=["Display"])
        assert facts["logonName"] == viewer
        assert facts["grantType"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert facts["localScopes"] == {"Display": True}
        assert facts["attributes"] == {"Country": ["DE", "FR"]}


def test_fewer_scopes_are_requested_as_the_library_sends_them(
    node: NodeClient, credentials: Credentials, viewer: str
) -> None:
    """M7: a list joined by commas."""
    token = node.log_on(credentials, viewer, PASSWORD)["access_token"]
    scopes = [f"{credentials['xsappname']}.Display", "openid"]
    exchanged = node.exchange(credentials, token, scope=scopes)
    assert sorted(exchanged["scope"].split()) == sorted(scopes)


def test_a_token_with_uaa_user_is_exchanged_for_another_client(
    node: NodeClient, credentials: Credentials, reusing: Credentials, viewer: str, people: People
) -> None:
    """M15: SAP Cloud SDK exchanges it with the credentials of a reuse service (I-119)."""
    token = node.log_on(credentials, viewer, PASSWORD)["access_token"]
    assert "uaa.user" in token_claims(token)["scope"]
    exchanged = node.exchange_by_sdk(reusing, token)["access_token"]
    (facts,) = node.validate(reusing, exchanged)
    assert facts["logonName"] == viewer
    assert facts["clientId"] == reusing["clientid"]
    assert facts["attributes"] is None


def test_the_python_library_exchanges_a_token_and_reads_attributes(
    node: NodeClient, python: PythonClient, credentials: Credentials, viewer: str
) -> None:
    """M9."""
    token = node.log_on(credentials, viewer, PASSWORD)["access_token"]
    (answer,) = python.exchange(token, credentials, credentials)
    (facts,) = python.validate(
        credentials, answer["access_token"], local_scopes=["Display", "Edit"]
    )
    assert facts["logon_name"] == viewer
    assert facts["local_scopes"] == {"Display": True, "Edit": False}
    found = python.attributes(credentials, answer["access_token"], "Country", "Other")
    assert found == {"Country": ["DE", "FR"], "Other": None}


def test_a_deactivated_user_gets_no_token(
    node: NodeClient, credentials: Credentials, people: People
) -> None:
    """D-59: neither by password nor by an exchange."""
    name = people.create()
    token = node.log_on(credentials, name, PASSWORD)["access_token"]
    assert "access_token" in node.exchange(credentials, token)
    people.run_json("users", "deactivate", name, "--yes")
    assert node.exchange(credentials, token)["status"] == 401
    assert node.log_on(credentials, name, PASSWORD)["status"] == 401

"""CAP, unmodified, with users: roles open services, attributes select rows (M11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.clients.cap_application import CapApplication
from tests.clients.service_instance import ServiceInstance
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture(scope="module")
def credentials(server: Server) -> Credentials:
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(displaying_users()).create_key().credentials


@pytest.fixture(scope="module")
def people(server: Server, credentials: Credentials) -> People:
    return people_of(server, credentials)


@pytest.fixture(scope="module")
def cap(
    server: Server, credentials: Credentials, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CapApplication]:
    log_file = tmp_path_factory.mktemp("cap") / "cap.log"
    with CapApplication(credentials, "xsuaa", server.ca_file, log_file) as running:
        yield running


def token_of(server: Server, credentials: Credentials, name: str) -> str:
    logon = {"grant_type": "password", "username": name, "password": PASSWORD}
    return requested(server, credentials, logon)


def exchanged(server: Server, credentials: Credentials, token: str) -> str:
    grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return requested(server, credentials, {"grant_type": grant_type, "assertion": token})


def requested(server: Server, credentials: Credentials, parameters: dict[str, str]) -> str:
    response = requests.post(
        f"{server.tls_url}/oauth/token",
        data=parameters,
        auth=(credentials["clientid"], credentials["clientsecret"]),
        verify=str(server.ca_file),
        timeout=30,
    )
    token: str = response.json()["access_token"]
    return token


def countries(cap: CapApplication, token: str) -> list[str]:
    """Return the countries of the orders that CAP shows the user."""
    response = requests.get(
        f"{cap.url}/orders/Visible", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert response.status_code == 200, response.text
    return [each["country"] for each in response.json()["value"]]


def test_roles_open_services(
    cap: CapApplication, server: Server, credentials: Credentials, people: People
) -> None:
    app_id = credentials["xsappname"]
    names = {
        "viewer": people.create("CountryViewer", app_id=app_id),
        "editor": people.create("Editor", app_id=app_id),
        "nobody": people.create(),
    }
    expected = {
        "viewer": {"display": 200, "edit": 403, "anybody": 200, "system": 403},
        "editor": {"display": 403, "edit": 200, "anybody": 200, "system": 403},
        "nobody": {"display": 403, "edit": 403, "anybody": 200, "system": 403},
    }
    for role, name in names.items():
        token = token_of(server, credentials, name)
        found = {service: cap.call(service, token) for service in expected[role]}
        assert {key: answer.status_code for key, answer in found.items()} == expected[role]
        assert found["anybody"].json()["value"].startswith(name)


def test_attributes_select_rows(
    cap: CapApplication, server: Server, credentials: Credentials, people: People
) -> None:
    """I-137: values restrict; a role without them is unrestricted."""
    app_id = credentials["xsappname"]
    restricted = people.create("CountryViewer", app_id=app_id)
    unrestricted = people.create("AnyViewer", app_id=app_id)
    both = people.create("CountryViewer", "AnyViewer", app_id=app_id)
    expected = {
        restricted: ["DE", "FR"],
        unrestricted: ["DE", "FR", "US"],
        both: ["DE", "FR"],
    }
    tokens = {name: token_of(server, credentials, name) for name in expected}
    assert {name: countries(cap, token) for name, token in tokens.items()} == expected
    # Also with tokens that were exchanged.
    again = {name: exchanged(server, credentials, token) for name, token in tokens.items()}
    assert {name: countries(cap, token) for name, token in again.items()} == expected


def test_a_missing_attribute_of_the_provider_is_not_unrestricted(
    cap: CapApplication, server: Server, credentials: Credentials, people: People
) -> None:
    """D-39: CAP shows all rows if the token lacks the attribute, so the role grants nothing."""
    app_id = credentials["xsappname"]
    name = people.create()
    people.run_json(
        *("roles", "create", "OfProvider", "--app", app_id, "--template", "CountryViewer"),
        *("--from-provider", "Country=country"),
    )
    people.assign(name, app_id, "CountryViewer", "OfProvider")
    assert cap.call("display", token_of(server, credentials, name)).status_code == 403

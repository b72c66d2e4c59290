"""The password grant over HTTP, on both databases (I-16, I-21, I-22, I-116, I-117, O-44)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from tests.support.application import claims_of
from tests.support.passwords import PASSWORD
from tests.support.platform import ORGANIZATION, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

ORIGIN = '{"origin":"%s"}'


@pytest.fixture
def credentials(platform: PlatformClient) -> Credentials:
    """A client that may use the password grant."""
    instance = a_guid()
    descriptor = a_descriptor(
        oauth2_configuration={
            **credential_types("binding-secret"),
            "grant-types": ["password", "client_credentials", "refresh_token"],
        }
    )
    platform.provision(instance, descriptor)
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


def add_user(server: Server, name: str, *arguments: str) -> None:
    server.command(
        *("users", "add", name, "--email", f"{name}@example.org", "--zone", ORGANIZATION),
        *("--password-stdin", *arguments),
        stdin=PASSWORD,
    )


def log_on(credentials: Credentials, name: str, password: str = PASSWORD, **more: Any) -> Any:
    form = {"grant_type": "password", "username": name, "password": password, **more}
    basic = (credentials["clientid"], credentials["clientsecret"])
    return requests.post(f"{credentials['url']}/oauth/token", form, auth=basic, timeout=60)


def error_of(response: requests.Response) -> tuple[int, str, str]:
    found = response.json()
    return response.status_code, found["error"], found["error_description"]


BAD = (401, "invalid_client", "Bad credentials")


def test_a_user_gets_a_token_with_the_password(server: Server, credentials: Credentials) -> None:
    """I-116, O-23; the claims are those of I-141."""
    name = f"Anna-{a_guid()}"
    add_user(server, name)
    response = log_on(credentials, name.lower())
    assert response.status_code == 200, response.text
    body, claims = response.json(), claims_of(response)
    assert body["refresh_token"]
    assert claims["user_name"] == name
    assert (claims["grant_type"], claims["origin"]) == ("password", "sap.default")
    assert claims["sub"] == claims["user_id"] != credentials["clientid"]
    shown = json.loads(
        server.command("users", "show", name, "--zone", ORGANIZATION, "--json").stdout
    )
    assert shown["last_logon_at"]


def test_failures_are_alike(server: Server, credentials: Credentials) -> None:
    """I-16, O-44: wrong, unknown, inactive."""
    anna, inactive = f"anna-{a_guid()}", f"inactive-{a_guid()}"
    add_user(server, anna)
    add_user(server, inactive)
    server.command("users", "deactivate", inactive, "--zone", ORGANIZATION, "--yes")
    responses = [
        log_on(credentials, anna, "wrong"),
        log_on(credentials, anna, "x" * 10_000),
        log_on(credentials, f"unknown-{a_guid()}"),
        log_on(credentials, "nul\0" + "x" * 300),
        log_on(credentials, inactive),
    ]
    assert [error_of(response) for response in responses] == [BAD] * 5
    assert len({response.headers["WWW-Authenticate"] for response in responses}) == 1
    assert "Basic" not in responses[0].headers["WWW-Authenticate"]


def test_the_sixth_try_is_delayed_alike_for_unknown_names(
    server: Server, credentials: Credentials
) -> None:
    """I-19: 429 with Retry-After, also for the right password."""
    anna = f"anna-{a_guid()}"
    add_user(server, anna)
    found = []
    for name in (anna, f"unknown-{a_guid()}"):
        assert [error_of(log_on(credentials, name, "wrong")) for _ in range(5)] == [BAD] * 5
        response = log_on(credentials, name)
        assert response.status_code == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 2
        found.append(response.json()["error"])
    assert found[0] == found[1] == "too_many_requests"


def test_a_change_of_the_password_ends_refresh_tokens(
    server: Server, credentials: Credentials
) -> None:
    """I-21, I-22."""
    name = f"anna-{a_guid()}"
    add_user(server, name)
    assert log_on(credentials, name).status_code == 200
    change = ("users", "set-password", name, "--zone", ORGANIZATION, "--password-stdin")
    refused = server.command(*change, check=False, stdin="short")
    assert refused.returncode == 1
    assert "password: 5 characters; at least 15 characters" in refused.stderr
    server.command(*change, "--must-change", stdin=f"{PASSWORD} 2")
    assert error_of(log_on(credentials, name)) == BAD
    required = (401, "invalid_client", "password change required")
    for _ in range(7):
        assert error_of(log_on(credentials, name, f"{PASSWORD} 2")) == required
    server.command(*change, stdin=f"{PASSWORD} 3")
    assert log_on(credentials, name, f"{PASSWORD} 3").status_code == 200


def test_hints_scopes_and_passcodes(server: Server, credentials: Credentials) -> None:
    """I-105, I-117; nothing of them counts as a failure of the name."""
    name = f"anna-{a_guid()}"
    add_user(server, name)
    for more in ({"login_hint": ORIGIN % "sap.default"}, {"login_hint": quote(ORIGIN % "uaa")}):
        assert log_on(credentials, name, **more).status_code == 200
    cases: list[tuple[dict[str, str], tuple[int, str, str]]] = [
        ({"login_hint": ORIGIN % "corporate"}, (401, "unauthorized", "The origin provided")),
        ({"login_hint": "corporate"}, (400, "invalid_request", "login_hint must be")),
        ({"login_hint": "[" * 900}, (400, "invalid_request", "login_hint must be")),
        *[({"scope": "other.scope"}, (400, "invalid_scope", ""))] * 7,
        ({"passcode": "ABCDE23456"}, (401, "invalid_client", "Invalid passcode")),
    ]
    for more, (status, code, text) in cases:
        found = error_of(log_on(credentials, name, **more))
        assert found[:2] == (status, code)
        assert found[2].startswith(text)
    assert log_on(credentials, name).status_code == 200


def test_parameters_are_required(credentials: Credentials) -> None:
    for name, password, missing in (("", PASSWORD, "username"), ("anna", "", "password")):
        found = error_of(log_on(credentials, name, password))
        assert found == (400, "invalid_request", f"Missing parameter {missing}")


def test_administrators_are_created_with_a_password_or_a_link(
    server: Server, platform: PlatformClient, credentials: Credentials
) -> None:
    """I-23, I-24, D-56."""
    name, zone = f"admin-{a_guid()}", ("--zone", ORGANIZATION)
    create = ("users", "create-admin", "--name", name, *zone)
    server.command(*create, "--password-stdin", stdin=PASSWORD)
    assert log_on(credentials, name).status_code == 200
    repeated = server.command(*create, check=False)
    assert repeated.returncode == 1
    assert "already" in repeated.stderr
    found = json.loads(server.command("operators", "create-admin", "--name", name, "--json").stdout)
    assert re.fullmatch(rf"{server.url}/set-password\?link=[0-9a-f]{{24}}\..{{43}}", found["link"])
    shown = server.command("users", "set-password", name, *zone, "--link").stdout
    assert f"{server.url}/set-password?link=" in shown
    assert log_on(credentials, name).status_code == 200
    both = ("users", "set-password", name, *zone)
    assert server.command(*both, check=False).returncode == 2
    unknown = ("users", "set-password", f"unknown-{name}", *zone, "--link")
    assert "has no user" in server.command(*unknown, check=False).stderr

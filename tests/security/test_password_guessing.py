"""Guessed passwords are slowed and lock no user out (TH-19, TH-20).

Spraying and known devices are in tests/unit/authentication/passwords/test_check.py.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.application import fetch_token
from tests.support.passwords import PASSWORD
from tests.support.platform import (
    ORGANIZATION,
    PlatformClient,
    a_descriptor,
    a_guid,
    credential_types,
)
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials

ATTACKER, HOME = "203.0.113.9", "192.0.2.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind one proxy, which tells the address of its client."""
    directory = tmp_path_factory.mktemp("guessing")
    with Server(directory, workers=1, XSUAA_TLS_PORT="0", XSUAA_TRUSTED_HOPS="1") as running:
        yield running


@pytest.fixture(scope="module")
def credentials(server: Server) -> Credentials:
    platform, instance = PlatformClient(server.url, server.user, server.password), a_guid()
    grants = {"grant-types": ["client_credentials", "password"]}
    types = credential_types("binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration={**types, **grants}))
    user = ("users", "add", "anna", "--email", "anna@example.org", "--zone", ORGANIZATION)
    server.command(*user, "--password-stdin", stdin=PASSWORD)
    found: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return found


def log_on(credentials: Credentials, password: str, address: str) -> requests.Response:
    form = {"grant_type": "password", "username": "anna", "password": password}
    return requests.post(
        f"{credentials['url']}/oauth/token",
        form,
        auth=(credentials["clientid"], credentials["clientsecret"]),
        headers={"X-Forwarded-For": address},
        timeout=60,
    )


def test_the_victim_logs_on_from_its_network_meanwhile(credentials: Credentials) -> None:
    """TH-19: guesses from elsewhere delay the name there only."""
    assert log_on(credentials, PASSWORD, HOME).status_code == 200
    found = [log_on(credentials, "guessed", ATTACKER).status_code for _ in range(5)]
    assert found == [401] * 5
    delayed = log_on(credentials, PASSWORD, ATTACKER)
    assert delayed.status_code == 429
    assert int(delayed.headers["Retry-After"]) >= 1
    assert log_on(credentials, PASSWORD, HOME).status_code == 200


def test_parallel_logons_leave_threads_for_tokens(credentials: Credentials) -> None:
    """TH-20: the hashes of 50 logons run one after another; most are refused at once."""
    with ThreadPoolExecutor(50) as threads:
        logons = [threads.submit(log_on, credentials, PASSWORD, HOME) for _ in range(50)]
        tokens = [fetch_token(credentials).status_code for _ in range(10)]
        responses = [logon.result() for logon in logons]
    assert tokens == [200] * 10
    statuses = {response.status_code for response in responses}
    assert {200, 503} <= statuses <= {200, 429, 503}
    refused = next(each for each in responses if each.status_code == 503)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["error"] == "temporarily_unavailable"

"""Failed broker passwords are limited per address; a correct one is never refused (D-37)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 5
WRONG = ("broker", "wrong")


@pytest.fixture(scope="module")
def limited_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker behind a proxy that sends X-Forwarded-For."""
    directory: Path = tmp_path_factory.mktemp("broker-passwords")
    settings = {"XSUAA_FAILURE_LIMIT": str(LIMIT), "XSUAA_TRUSTED_HOPS": "1"}
    with Server(directory, workers=1, **settings) as running:
        yield running


def attempt(
    server: Server, auth: tuple[str, str] | None, address: str, *, tls: bool = False
) -> requests.Response:
    url = server.tls_url if tls else server.url
    headers = {"X-Broker-API-Version": "2.17", "X-Forwarded-For": address}
    return requests.get(
        f"{url}/v2/catalog", auth=auth, headers=headers, verify=str(server.ca_file), timeout=30
    )


@pytest.mark.parametrize("tls", [False, True], ids=["http", "tls"])
def test_failures_are_limited_and_a_correct_password_never(
    limited_server: Server, *, tls: bool
) -> None:
    server, address = limited_server, f"192.0.2.{1 + tls}"
    right = (server.user, server.password)
    statuses = [attempt(server, WRONG, address, tls=tls).status_code for _ in range(LIMIT)]
    assert statuses == [401] * LIMIT
    limited = attempt(server, WRONG, address, tls=tls)
    assert limited.status_code == 429
    seconds = int(limited.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert limited.json() == {
        "description": f"Too many failed attempts; try again in {seconds} seconds."
    }
    # Cloud Controller shares the router's address with the attacker.
    assert attempt(server, right, address, tls=tls).status_code == 200
    assert attempt(server, WRONG, address, tls=tls).status_code == 429
    assert attempt(server, right, address, tls=tls).status_code == 200


def test_other_addresses_are_unaffected(limited_server: Server) -> None:
    for _ in range(LIMIT + 1):
        last = attempt(limited_server, WRONG, "192.0.2.10")
    assert last.status_code == 429
    assert attempt(limited_server, WRONG, "192.0.2.11").status_code == 401
    # The client's own entries do not change its address.
    assert attempt(limited_server, WRONG, "192.0.2.12, 192.0.2.10").status_code == 429


def test_every_user_is_limited_alike(limited_server: Server) -> None:
    """D-17: the limit does not reveal whether a user exists."""
    found = []
    for number, user in enumerate(("broker", "unknown", "")):
        address = f"192.0.2.{20 + number}"
        responses = [attempt(limited_server, (user, "wrong"), address) for _ in range(LIMIT + 2)]
        found.append([response.status_code for response in responses])
        # The address counts, not the user.
        assert attempt(limited_server, ("another", "wrong"), address).status_code == 429
    assert found == [[401] * LIMIT + [429] * 2] * 3


def test_requests_without_credentials_are_not_failures(limited_server: Server) -> None:
    statuses = {attempt(limited_server, None, "192.0.2.30").status_code for _ in range(LIMIT + 2)}
    assert statuses == {401}
    assert attempt(limited_server, WRONG, "192.0.2.30").status_code == 401

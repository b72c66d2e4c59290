"""D-33, D-51: no client chooses the headers or the address that the server takes from a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.security.slow_clients import connect, response_on
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTER = "203.0.113.7"
"""The address that the trusted proxy has seen."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind one trusted proxy, which limits failures after the second one."""
    directory = tmp_path_factory.mktemp("forged")
    hops = {"XSUAA_TRUSTED_HOPS": "1", "XSUAA_FAILURE_LIMIT": "2"}
    with Server(directory, workers=1, XSUAA_METRICS_TOKEN="metrics-token-0123456789", **hops) as it:
        yield it


def failed_login(server: Server, client: str, *headers: bytes) -> int:
    """Send a wrong secret as a proxy does; return the status."""
    body = f"grant_type=client_credentials&client_id={client}&client_secret=x".encode()
    head = [
        b"POST /oauth/token HTTP/1.1",
        b"Host: localhost",
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *headers,
    ]
    with connect(server, "http") as connection:
        connection.sendall(b"\r\n".join([*head, b"", body]))
        return int(response_on(connection).split()[1])


@pytest.mark.parametrize(
    "forged",
    [
        b"X_Forwarded_For: 198.51.100.%d",
        b"x_forwarded-for: 198.51.100.%d",
        b"X-Forwarded_For: 198.51.100.%d",
    ],
)
def test_an_underscore_makes_no_header_of_a_proxy(server: Server, forged: bytes) -> None:
    """Each attempt claims another address; the limit counts the one of the proxy."""
    client = f"sb-{forged[:15].decode().replace(':', '')}!t1"
    seen = b"X-Forwarded-For: " + ROUTER.encode()
    statuses = [failed_login(server, client, forged % number, seen) for number in range(4)]
    assert statuses == [401, 401, 429, 429]


@pytest.mark.parametrize("position", [0, 1], ids=["before", "after"])
def test_bytes_above_127_make_no_address(server: Server, position: int) -> None:
    """The address of the connection counts instead."""
    statuses = []
    for number in range(4):
        forged = [b"198.51.100.%d" % number]
        forged.insert(position, b"\xc3\xa9")
        header = b"X-Forwarded-For: " + b"".join(forged)
        statuses.append(failed_login(server, f"sb-bytes-{position}!t1", header))
    assert statuses == [401, 401, 429, 429]


def test_invalid_addresses_are_counted(server: Server) -> None:
    before = invalid_addresses(server)
    failed_login(server, "sb-counted!t1", b"X-Forwarded-For: nonsense")
    assert invalid_addresses(server) == before + 1


def invalid_addresses(server: Server) -> float:
    """Return the count in the metrics."""
    text = requests.get(
        f"{server.url}/metrics",
        headers={"Authorization": "Bearer metrics-token-0123456789"},
        timeout=30,
    ).text
    name = 'xsuaa_network_events_total{event="invalid_forwarded_address"}'
    counts = [line.split()[-1] for line in text.splitlines() if line.startswith(name)]
    return float(counts[0]) if counts else 0.0

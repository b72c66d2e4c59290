"""How long the token endpoint takes to refuse, case by case: no case may stand out (D-17)."""

from __future__ import annotations

import random
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.table import Column, print_table
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.server import Server

SECONDS = 12.0
"""Time for all cases together."""

_WARM_UP = 200
_COLUMNS = (
    Column("requests", len),
    Column("min", min),
    Column("p50", lambda times: _quantile(times, 0.5)),
    Column("p90", lambda times: _quantile(times, 0.9)),
    Column("p99", lambda times: _quantile(times, 0.99)),
    Column("mean", lambda times: sum(times) / len(times)),
)


def measure(server: Server) -> None:
    """Print the distribution of response times in microseconds, one row per case."""
    bodies = {name: _form(credentials) for name, credentials in _cases(server).items()}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    for body in list(bodies.values()) * (_WARM_UP // len(bodies)):
        _seconds(connection, body)
    times: dict[str, list[float]] = {name: [] for name in bodies}
    names = list(bodies)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        # In a fresh order each round: whatever disturbs this machine disturbs all cases alike.
        random.shuffle(names)
        for name in names:
            times[name].append(_seconds(connection, bodies[name]) * 1e6)
    connection.close()
    print_table("Refusals at /oauth/token, microseconds", _COLUMNS, times)


def _cases(server: Server) -> dict[str, Credentials]:
    platform = PlatformClient(server.url, server.user, server.password)
    instance, deleted_key = a_guid(), a_guid()
    descriptor = a_descriptor()
    both = {"oauth2-configuration": credential_types("binding-secret", "instance-secret")}
    platform.provision(instance, descriptor | both)
    binding = platform.bind(instance, a_guid()).json()["credentials"]
    wish = {"credential-type": "instance-secret"}
    delisted = platform.bind(instance, a_guid(), wish).json()["credentials"]
    deleted = platform.bind(instance, deleted_key).json()["credentials"]
    platform.unbind(instance, deleted_key)
    only = {"oauth2-configuration": credential_types("binding-secret")}
    platform.update(instance, descriptor | only)
    secret = binding["clientsecret"]
    return {
        "unknown client": {**binding, "clientid": "sb-nobody-there!t1"},
        "wrong secret": {**binding, "clientsecret": f"{secret[:-6]}{secret[-6:].swapcase()}"},
        "deleted binding": deleted,
        "de-listed type": delisted,
        "no secret's shape": {**binding, "clientsecret": "x" * len(secret)},
        "no client id's shape": {**binding, "clientid": "x"},
    }


def _form(credentials: Credentials) -> str:
    return urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": credentials["clientid"],
            "client_secret": credentials["clientsecret"],
        }
    )


def _seconds(connection: HTTPConnection, body: str) -> float:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    began = time.perf_counter()
    connection.request("POST", "/oauth/token", body, headers)
    response = connection.getresponse()
    response.read()
    took = time.perf_counter() - began
    if response.status != 401:  # noqa: PLR2004 - the status in question
        raise RuntimeError(f"answered {response.status} instead of refusing")
    return took


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]

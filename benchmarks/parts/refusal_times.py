"""Times of refusals at the token endpoint, which must not depend on the reason (D-17)."""

from __future__ import annotations

import random
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.cores import server_core
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.report import Table
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from tests.support.application import Credentials
    from tests.support.server import Server

DIFFERENCE = "largest difference"
QUARTER = "p25"
"""The figure to compare: most disturbances lengthen the times above it."""

_WARM_UP = 200
_SETTINGS = {"XSUAA_FAILURE_LIMIT": "0", "XSUAA_LOG_LEVEL": "error"}
_TYPES = {"oauth2-configuration": credential_types("binding-secret", "instance-secret")}


def measure(bench: Bench) -> Table:
    """Return the distribution of response times in microseconds, one row per case."""
    url = bench.databases.empty("sqlite", "refusal_times")
    bench.say(f"Timing refusals for {bench.effort.refusal_seconds:.0f} seconds")
    with measured_server(bench, "refusal_times", server_core(), url, **_SETTINGS) as (server, _):
        times = _times(server, bench.effort.refusal_seconds)
    rows = {name: _distribution(sorted(found)) for name, found in times.items()}
    quarters = [row[QUARTER] for row in rows.values()]
    rows[DIFFERENCE] = {QUARTER: max(quarters) - min(quarters)}
    return Table(
        "Refusals at /oauth/token, in microseconds: all cases must take the same time", rows
    )


def _times(server: Server, seconds: float) -> dict[str, list[float]]:
    bodies = {name: _form(credentials) for name, credentials in _cases(server).items()}
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    for body in list(bodies.values()) * (_WARM_UP // len(bodies)):
        _seconds(connection, body)
    times: dict[str, list[float]] = {name: [] for name in bodies}
    names = list(bodies)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # In a new order each round, so that disturbances affect all cases alike.
        random.shuffle(names)
        for name in names:
            times[name].append(_seconds(connection, bodies[name]) * 1e6)
    connection.close()
    return times


def _distribution(times: list[float]) -> dict[str, float]:
    def quantile(share: float) -> float:
        return times[min(len(times) - 1, int(len(times) * share))]

    return {
        "requests": len(times),
        "min": times[0],
        QUARTER: quantile(0.25),
        "p50": quantile(0.5),
        "p90": quantile(0.9),
        "p99": quantile(0.99),
        "mean": sum(times) / len(times),
    }


def _cases(server: Server) -> dict[str, Credentials]:
    platform = PlatformClient(server.url, USER, PASSWORD)
    instance, deleted_key = a_guid(), a_guid()
    descriptor = a_descriptor()
    platform.provision(instance, descriptor | _TYPES)
    binding = platform.bind(instance, a_guid()).json()["credentials"]
    wish = {"credential-type": "instance-secret"}
    delisted = platform.bind(instance, a_guid(), wish).json()["credentials"]
    deleted = platform.bind(instance, deleted_key).json()["credentials"]
    platform.unbind(instance, deleted_key)
    only = {"oauth2-configuration": credential_types("binding-secret")}
    platform.update(instance, descriptor | only)
    secret = binding["clientsecret"]
    shared = a_guid()
    platform.provision(shared, a_descriptor() | _TYPES)
    of_instance = platform.bind(shared, a_guid(), wish).json()["credentials"]
    return {
        "unknown client": {**binding, "clientid": "sb-nobody-there!t1"},
        "wrong secret": {**binding, "clientsecret": f"{secret[:-6]}{secret[-6:].swapcase()}"},
        "wrong instance secret": {
            **of_instance,
            "clientsecret": of_instance["clientsecret"].swapcase(),
        },
        "deleted binding": deleted,
        "de-listed type": delisted,
        "malformed secret": {**binding, "clientsecret": "x" * len(secret)},
        "malformed client id": {**binding, "clientid": "xx-nobody-there!t1"},
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
        raise RuntimeError(f"returned {response.status} instead of a refusal")
    return took

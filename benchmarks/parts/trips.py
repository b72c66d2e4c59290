"""Round trips to PostgreSQL of each broker operation; another host is a network trip away."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from functools import partial
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.osb_client import Platform
from benchmarks.report import Table
from tests.support.platform import a_descriptor, credential_types
from tests.support.round_trips import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.bench import Bench
    from benchmarks.osb_client import JsonObject
    from tests.support.round_trips import RoundTrips

COLUMN = "round trips"
PROVISION, UPDATE, UNBIND = "provision, new organization", "update, one more scope", "unbind"
FETCH, BIND = "fetch, binding", "bind, binding-secret"

_ORGANIZATION = "organization"
_CALLS = 15
_TYPES = ("binding-secret", "instance-secret", "x509")


def measure(bench: Bench) -> Table:
    """Count the round trips of single calls; the median excludes background work."""
    url = bench.databases.empty("postgres", "trips")
    with (
        counted(url) as (trips, proxied),
        measured_server(
            bench, "trips", server_core(), proxied, XSUAA_CERT_URL="https://localhost:8443"
        ) as (server, _),
        closing(Platform(server.port)) as platform,
    ):
        found = _calls(platform, trips)
    rows = {name: {COLUMN: median(counts)} for name, counts in found.items()}
    return Table("Round trips to PostgreSQL of one broker operation", rows)


def _calls(platform: Platform, trips: RoundTrips) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    descriptor = a_descriptor(oauth2_configuration=credential_types(*_TYPES))
    instance = platform.provision(descriptor)
    changed = _changed(descriptor)
    bindings: list[str] = []

    def bind(type_: str) -> None:
        bindings.append(platform.bind(instance, {"credential-type": type_}))

    steps: dict[str, Callable[[], object]] = {
        PROVISION: lambda: platform.provision(a_descriptor()),
        "provision, known organization": lambda: platform.provision(a_descriptor(), _ORGANIZATION),
        UPDATE: lambda: platform.update(instance, next(changed)),
        "update, the same": lambda: platform.update(instance, next(changed)),
        "fetch, instance": lambda: platform.fetch(instance),
        FETCH: lambda: platform.fetch(instance, bindings[-1]),
        UNBIND: lambda: platform.unbind(instance, bindings.pop()),
        **{f"bind, {type_}": partial(bind, type_) for type_ in _TYPES},
    }
    for type_ in _TYPES:
        bind(type_)
    for _ in range(_CALLS):
        for name, step in steps.items():
            before = trips.count
            step()
            found[name].append(trips.count - before)
    return found


def _changed(descriptor: JsonObject) -> Iterator[JsonObject]:
    """Yield a descriptor twice with and twice without one more scope, in turn."""
    more = [*descriptor["scopes"], {"name": "$XSAPPNAME.Edit", "description": "Edit things"}]
    other = {**descriptor, "scopes": more}
    return cycle([descriptor, other, other, descriptor])

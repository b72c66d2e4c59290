"""Broker operations by one and by four clients, beside durable commits and a plain broker."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from benchmarks.commits import Commits, PostgresCommits, SqliteCommits
from benchmarks.cores import pinned_to, server_core
from benchmarks.measured_server import measured_server
from benchmarks.osb_client import Calls, Platform, call
from benchmarks.plain_broker import plain_broker
from benchmarks.report import Table
from tests.support.platform import a_descriptor, credential_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.bench import Bench
    from benchmarks.osb_client import JsonObject

    Step = Callable[[Platform], bool]

PROVISION, UPDATE, BIND, UNBIND = "provision", "update", "bind, binding-secret", "unbind"
BIND_INSTANCE, BIND_X509 = "bind, instance-secret", "bind, x509 without pause"
PLAIN = "plain openbrokerapi, bind"
CERTIFICATE_ROW = "bind, x509, three a second"
TO_COMMITS, TO_KEY, TO_PLAIN = "÷ commits", "p50 ÷ key", "÷ plain"

_CLIENTS = (1, 4)
_TYPES = ("binding-secret", "instance-secret", "x509")
_CERTIFICATES = 5
_PAUSE_SECONDS = 0.33
_KEYS = 10
_CERT_URL = {"XSUAA_CERT_URL": "https://localhost:8443"}


@dataclass(frozen=True, slots=True)
class _Result:
    calls: Calls
    commits: float


def on_sqlite(bench: Bench) -> Table:
    """Measure on SQLite, and the plain broker beside it."""
    return _measure(bench, "sqlite", SqliteCommits(bench.directory / "commits.db"))


def on_postgres(bench: Bench) -> Table:
    """Measure on PostgreSQL."""
    return _measure(bench, "postgres", PostgresCommits(bench.databases.postgres))


def row(operation: str, clients: int) -> str:
    """Return the name of a row."""
    return f"{operation}; {clients} client{'s'[: clients > 1]}"


def _measure(bench: Bench, kind: str, commits: Commits) -> Table:
    results: dict[str, list[_Result]] = defaultdict(list)
    certificates: list[tuple[float, float]] = []
    name = f"operations_{kind}"
    url = bench.databases.empty(kind, name)
    with ExitStack() as stack:
        server = stack.enter_context(measured_server(bench, name, server_core(), url, **_CERT_URL))
        port = server[0].port
        plain = stack.enter_context(plain_broker(bench.directory)) if kind == "sqlite" else None
        for number in bench.rounds():
            for clients in _CLIENTS:
                _round(bench, _Place(port, plain, clients), commits, results)
            # First, as the server then generates replacements for the used keys.
            bench.wait_until_idle()
            key = _key_milliseconds()
            certificates.append((_certificates(port), key))
            bind = results[row(BIND, 1)][-1]
            bench.say(
                f"Round {number} of {bench.effort.rounds}, operations on {kind}: binds"
                f" {bind.calls.rate:,.0f}/s, commits {bind.commits:,.0f}/s, ratio"
                f" {bind.calls.rate / bind.commits:.2f}"
            )
    rows = {operation: _figures(found) for operation, found in results.items()}
    if plain is not None:
        for clients in _CLIENTS:
            pairs = zip(results[row(BIND, clients)], results[row(PLAIN, clients)], strict=True)
            rows[row(BIND, clients)][TO_PLAIN] = median(
                own.calls.rate / peer.calls.rate for own, peer in pairs
            )
    rows[CERTIFICATE_ROW] = {
        "p50 ms": median(p50 for p50, _ in certificates),
        TO_KEY: median(p50 / key for p50, key in certificates),
        "key p50 ms": median(key for _, key in certificates),
    }
    title = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[kind]
    return Table(f"Broker operations: {title}, one worker on one core", rows)


@dataclass(frozen=True, slots=True)
class _Place:
    port: int
    plain: int | None
    clients: int


def _round(
    bench: Bench, place: _Place, commits: Commits, results: dict[str, list[_Result]]
) -> None:
    bench.wait_until_idle()
    effort, clients = bench.effort, range(place.clients)
    before = commits.measure(place.clients, effort.commit_seconds)
    for operation, port, steps in _operations(place):
        calls = call(port, [steps() for _ in clients], effort.operation_seconds)
        after = commits.measure(place.clients, effort.commit_seconds)
        results[row(operation, place.clients)].append(_Result(calls, (before + after) / 2))
        before = after


def _operations(place: _Place) -> Iterator[tuple[str, int, Callable[[], Step]]]:
    """Yield name, port and a factory for the step of one client, which has its own instance."""
    made: list[list[tuple[str, str]]] = []

    def instance(descriptor: JsonObject | None = None) -> str:
        with closing(Platform(place.port)) as platform:
            return platform.provision(descriptor or _descriptor())

    def updating() -> Step:
        descriptor = _descriptor()
        return partial(_update, instance(descriptor), _changed(descriptor))

    def binding(type_: str, found: list[tuple[str, str]]) -> Step:
        return partial(_bind, instance(), {"credential-type": type_}, found)

    def binding_secret() -> Step:
        made.append([])
        return binding("binding-secret", made[-1])

    def unbinding() -> Step:
        return partial(_unbind, made.pop())

    yield PROVISION, place.port, lambda: _provision
    yield UPDATE, place.port, updating
    yield BIND, place.port, binding_secret
    yield UNBIND, place.port, unbinding
    yield BIND_INSTANCE, place.port, lambda: binding("instance-secret", [])
    yield BIND_X509, place.port, lambda: binding("x509", [])
    if place.plain is not None:
        yield PLAIN, place.plain, lambda: _bind_plainly


def _descriptor() -> JsonObject:
    return a_descriptor(oauth2_configuration=credential_types(*_TYPES))


def _provision(platform: Platform) -> bool:
    platform.provision(_descriptor())
    return True


def _update(instance: str, descriptors: Iterator[JsonObject], platform: Platform) -> bool:
    platform.update(instance, next(descriptors))
    return True


def _changed(descriptor: JsonObject) -> Iterator[JsonObject]:
    """Yield the descriptor with and without one more scope, in turn."""
    more = [*descriptor["scopes"], {"name": "$XSAPPNAME.Edit", "description": "Edit things"}]
    return cycle([{**descriptor, "scopes": more}, descriptor])


def _bind(
    instance: str, parameters: JsonObject, found: list[tuple[str, str]], platform: Platform
) -> bool:
    found.append((instance, platform.bind(instance, parameters)))
    return True


def _unbind(left: list[tuple[str, str]], platform: Platform) -> bool:
    if not left:
        return False
    platform.unbind(*left.pop())
    return True


def _bind_plainly(platform: Platform) -> bool:
    platform.bind("instance", {})
    return True


def _certificates(port: int) -> float:
    """Return the median time in milliseconds of binds with pauses."""
    times = []
    with closing(Platform(port)) as platform:
        instance = platform.provision(_descriptor())
        for _ in range(_CERTIFICATES):
            time.sleep(_PAUSE_SECONDS)
            began = time.perf_counter()
            platform.bind(instance, {"credential-type": "x509"})
            times.append(time.perf_counter() - began)
    return median(times) * 1000


def _key_milliseconds() -> float:
    times = []
    with pinned_to(server_core()):
        for _ in range(_KEYS):
            began = time.perf_counter()
            generate_private_key(65_537, 2048)
            times.append(time.perf_counter() - began)
    return median(times) * 1000


def _figures(results: list[_Result]) -> dict[str, float]:
    return {
        "per second": median(result.calls.rate for result in results),
        "p50 ms": median(result.calls.p50 for result in results),
        "commits/s": median(result.commits for result in results),
        TO_COMMITS: median(result.calls.rate / result.commits for result in results),
    }

"""Tokens with two workers on two cores and the load beside them; the same from oidc-provider."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cores import all_cores
from benchmarks.http_requests import token_request, write_requests
from benchmarks.measured import Measured
from benchmarks.measured_server import measured_server
from benchmarks.oidc_provider import oidc_provider
from benchmarks.report import Table
from benchmarks.samples import figures

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.databases import Populated
    from benchmarks.samples import Sample

SQLITE, POSTGRES, PEER = "SQLite", "PostgreSQL", "oidc-provider, in memory"
BOUND = "SQLite, workers bound to cores"
TO_PEER = "÷ oidc-provider"
TO_UNBOUND = "÷ SQLite"

_PEER_CLIENTS = 100


def measure(bench: Bench) -> Table:
    """Compare with the signature rate of both cores, and with the peer of each round."""
    bindings, databases = bench.effort.bindings, bench.databases
    with ExitStack() as stack:
        subjects = {
            SQLITE: _ours(bench, stack, databases.on_sqlite(bindings), "two_cores_sqlite"),
            BOUND: _ours(
                bench,
                stack,
                databases.on_sqlite(bindings),
                "two_cores_bound",
                XSUAA_CPU_AFFINITY="true",
            ),
            POSTGRES: _ours(bench, stack, databases.on_postgres(bindings), "two_cores_postgres"),
            PEER: _peer(bench, stack),
        }
        samples: dict[str, list[Sample]] = {name: [] for name in subjects}
        for what, requests in subjects.values():
            bench.warm_up(what, requests)
        for number in bench.rounds():
            for name, (what, requests) in subjects.items():
                samples[name].append(bench.sample(what, requests))
                bench.say_sample(number, f"two cores, {name}", samples[name][-1])
    peer = samples[PEER]
    rows = {}
    for name, found in samples.items():
        pairs = zip(found, peer, strict=True)
        to_peer = median(ours.load.rate / theirs.load.rate for ours, theirs in pairs)
        rows[name] = figures(found) | {TO_PEER: to_peer}
    rows[BOUND][TO_UNBOUND] = median(
        bound.load.rate / unbound.load.rate
        for bound, unbound in zip(samples[BOUND], samples[SQLITE], strict=True)
    )
    return Table(
        f"Tokens on two cores: {bindings:,} bindings, two workers, 16 connections, the load on one"
        " of the cores",
        rows,
    )


def _ours(
    bench: Bench, stack: ExitStack, populated: Populated, name: str, **settings: str
) -> tuple[Measured, Path]:
    url = bench.databases.copy(populated, name)
    server = measured_server(bench, name, all_cores(), url, XSUAA_WORKERS="2", **settings)
    return stack.enter_context(server)[1], populated.token_requests


def _peer(bench: Bench, stack: ExitStack) -> tuple[Measured, Path]:
    clients = {f"client-{number}": f"secret-{number}" for number in range(_PEER_CLIENTS)}
    requests = write_requests(
        bench.directory / "oidc-provider.requests",
        [token_request(*client, path="/token") for client in clients.items()],
    )
    return stack.enter_context(oidc_provider(bench, all_cores(), clients)), requests

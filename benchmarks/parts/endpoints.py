"""Other endpoints of the token service: refused secrets, keys, introspection; one core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cores import server_core
from benchmarks.http_requests import (
    basic,
    form_request,
    get_request,
    token_request,
    write_requests,
)
from benchmarks.measured_server import measured_server
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.application import fetch_token

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.population import Known
    from benchmarks.samples import Sample

REFUSED, KEYS, INTROSPECTION = "wrong secrets refused", "/token_keys", "/introspect"

_INTROSPECTED = 100
_NO_LIMIT = {"XSUAA_FAILURE_LIMIT": "1000000000"}
"""Failures are counted as usual, and the limit never refuses a request."""


@dataclass(frozen=True, slots=True)
class _Subject:
    requests: Path
    refused: bool = False


def measure(bench: Bench) -> Table:
    """Compare with the signature rate of the same core."""
    populated = bench.databases.on_sqlite(bench.effort.bindings)
    url = bench.databases.copy(populated, "endpoints")
    with measured_server(bench, "endpoints", server_core(), url, **_NO_LIMIT) as (_, what):
        wrong = [token_request(each.client_id, _wrong(each.secret)) for each in populated.known]
        some = populated.known[:_INTROSPECTED]
        tokens = [_introspection(what.url, each) for each in some]
        folder = bench.directory
        subjects = {
            REFUSED: _Subject(write_requests(folder / "wrong.requests", wrong), refused=True),
            KEYS: _Subject(write_requests(folder / "keys.requests", [get_request("/token_keys")])),
            INTROSPECTION: _Subject(write_requests(folder / "introspect.requests", tokens)),
        }
        samples: dict[str, list[Sample]] = {name: [] for name in subjects}
        for number in bench.rounds():
            for name, subject in subjects.items():
                found = bench.sample(what, subject.requests, refused=subject.refused)
                samples[name].append(found)
                bench.say_sample(number, name, found)
    return Table(
        f"Other requests on one core: SQLite, {bench.effort.bindings:,} bindings, one worker, 16"
        " connections, beside the signatures of the same core",
        {name: figures(found) for name, found in samples.items()},
    )


def _wrong(secret: str) -> str:
    """Return a wrong secret of the same format for the same binding."""
    owner, separator, random = secret.partition("$")
    return f"{owner}{separator}{random.swapcase()}"


def _introspection(url: str, known: Known) -> bytes:
    credentials = {"url": url, "clientid": known.client_id, "clientsecret": known.secret}
    token = fetch_token(credentials).json()["access_token"]
    return form_request("/introspect", {"token": token}, basic(known.client_id, known.secret))

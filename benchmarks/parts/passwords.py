"""Logons with passwords, and tokens of clients beside them (I-15, D-41)."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import median
from typing import TYPE_CHECKING, Self

from benchmarks import open_loop
from benchmarks.cores import client_core, pinned_to, server_core
from benchmarks.http_requests import form_request, token_request, write_requests
from benchmarks.load import MeasurementSpoiledError
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.report import Table
from benchmarks.samples import RATIO
from broker.identity.password_hash import hash_password
from tests.support.platform import (
    ORGANIZATION,
    PlatformClient,
    a_descriptor,
    a_guid,
    credential_types,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from benchmarks.measured import Measured
    from tests.support.application import Credentials
    from tests.support.server import Server

LOGON, BESIDE = "password logon", "tokens at 40 %, 20 clients log on"
ALONE = "tokens at 40 %"
TO_ALONE = "p99 ÷ without logons"
P99 = "p99 ms"

_CLIENTS = 20
_SHARE = 0.4
_USER_PASSWORD = "a long password of a benchmark"  # noqa: S105 - of a database made here
_FORM = "application/x-www-form-urlencoded"


def measure(bench: Bench) -> Table:
    """Compare logons with one hash and one signature, and token times with those without logons."""
    url = bench.databases.empty("sqlite", "passwords")
    with measured_server(bench, "passwords", server_core(), url) as (server, what):
        credentials = _prepare(server)
        logons, hashes = _logons(bench, server, credentials)
        sign = 1 / bench.signers.measure(server_core(), bench.effort.bound_seconds).rate
        bound = 1 / (hashes + sign)
        rows = {
            LOGON: {"/s": 1 / logons, "bound /s": bound, RATIO: 1 / logons / bound},
            **_beside(bench, server, what, credentials),
        }
    return Table(
        "Logons with passwords: one worker on one core, SQLite, the load from the other core",
        rows,
        "The bound is one argon2id hash and one RSA signature. Token requests arrive at 40 % of"
        " the maximum rate whether or not the server keeps up; refused logons wait for a second.",
    )


def _prepare(server: Server) -> Credentials:
    platform, instance = PlatformClient(server.url, USER, PASSWORD), a_guid()
    grants = {"grant-types": ["client_credentials", "password"]}
    types = credential_types("binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration={**types, **grants}))
    user = ("users", "add", "bench", "--email", "bench@example.org")
    server.command(*user, "--zone", ORGANIZATION, "--password-stdin", stdin=_USER_PASSWORD)
    found: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return found


def _logons(bench: Bench, server: Server, credentials: Credentials) -> tuple[float, float]:
    """Return the median seconds of a logon, one after the other, and of a hash."""
    request = _logon_request(credentials)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    times = []
    with pinned_to(server_core()):
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context)
    with pool, pinned_to(client_core()):
        hashes = [pool.submit(_hash_seconds, bench.effort.bound_seconds).result()]
        end = time.monotonic() + bench.effort.load_seconds * bench.effort.rounds
        while time.monotonic() < end:
            began = time.perf_counter()
            if _status(connection, request) != 200:  # noqa: PLR2004 - HTTP
                raise MeasurementSpoiledError("a logon was refused")
            times.append(time.perf_counter() - began)
        hashes.append(pool.submit(_hash_seconds, bench.effort.bound_seconds).result())
    bench.say(f"{len(times)} logons, median {median(times) * 1000:.0f} ms")
    return median(times), sum(hashes) / 2


def _hash_seconds(seconds: float) -> float:
    times: list[float] = []
    end = time.monotonic() + seconds
    while not times or time.monotonic() < end:
        began = time.perf_counter()
        hash_password(_USER_PASSWORD)
        times.append(time.perf_counter() - began)
    return median(times)


def _beside(
    bench: Bench, server: Server, what: Measured, credentials: Credentials
) -> dict[str, dict[str, float]]:
    """Return the token times without and with logons."""
    request = _logon_request(credentials)

    def client(_number: int) -> Callable[[], int]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        return lambda: _status(connection, request)

    return beside(bench, what, credentials, Clients(client, _CLIENTS), (ALONE, BESIDE))


def beside(
    bench: Bench,
    what: Measured,
    credentials: Credentials,
    clients: Clients,
    rows: tuple[str, str],
) -> dict[str, dict[str, float]]:
    """Return the token times without and with these clients, the median of all rounds."""
    request = token_request(credentials["clientid"], credentials["clientsecret"])
    file = write_requests(bench.directory / "password_tokens", [request])
    bench.warm_up(what, file)
    most = bench.sample(what, file, connections=16).load.rate
    rate, seconds = most * _SHARE, float(bench.effort.load_seconds)
    alone, busy = [], []
    for number in bench.rounds():
        alone.append(open_loop.run(what.url, [request], rate=rate, seconds=seconds))
        done = clients.done
        with clients:
            busy.append(open_loop.run(what.url, [request], rate=rate, seconds=seconds))
        bench.say(
            f"Round {number} of {bench.effort.rounds}, tokens at {rate:,.0f}/s: p99"
            f" {alone[-1].p99:.1f} ms, beside {clients.done - done} logons {busy[-1].p99:.1f} ms"
        )
    before, after = (median(load.p99 for load in loads) for loads in (alone, busy))
    return {
        rows[0]: {"/s": rate, "p50 ms": median(load.p50 for load in alone), P99: before},
        rows[1]: {
            "/s": rate,
            "p50 ms": median(load.p50 for load in busy),
            P99: after,
            TO_ALONE: after / before,
            "logons /s": clients.done / clients.seconds,
        },
    }


class Clients:
    """Clients that log on again and again; a refused one waits for a second.

    ``client`` returns what the client with this number does; that returns the status of a logon.
    """

    def __init__(self, client: Callable[[int], Callable[[], int]], number: int) -> None:
        self._client, self._number = client, number
        self._is_over = False
        self._began = 0.0
        self.done = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._is_over = False
        self._began = time.monotonic()
        self._threads = ThreadPoolExecutor(self._number)
        with pinned_to(client_core()):
            self._running = [
                self._threads.submit(self._log_on, number) for number in range(self._number)
            ]
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self.done += sum(each.result() for each in self._running)
        self._threads.shutdown()
        self.seconds += time.monotonic() - self._began

    def _log_on(self, number: int) -> int:
        log_on, done = self._client(number), 0
        while not self._is_over:
            status = log_on()
            done += status in {200, 303}
            if status == 503:  # noqa: PLR2004 - HTTP
                time.sleep(1)
        return done


def _logon_request(credentials: Credentials) -> bytes:
    form = {
        "grant_type": "password",
        "username": "bench",
        "password": _USER_PASSWORD,
        "client_id": credentials["clientid"],
        "client_secret": credentials["clientsecret"],
    }
    return form_request("/oauth/token", form, {})


def _status(connection: HTTPConnection, request: bytes) -> int:
    body = request.partition(b"\r\n\r\n")[2]
    connection.request("POST", "/oauth/token", body, {"Content-Type": _FORM})
    response = connection.getresponse()
    response.read()
    return response.status

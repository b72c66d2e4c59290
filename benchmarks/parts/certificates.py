"""Tokens for client certificates: at the TLS listener and forwarded by nginx; on both databases."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.apache_bench import CertificateLoad, ab_program
from benchmarks.cores import client_core, pinned_to, server_core
from benchmarks.debian import ProgramMissingError
from benchmarks.measured import Measured
from benchmarks.measured_server import PASSWORD, USER, measured_server
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.nginx import Nginx, NginxMissingError, nginx_program
from tests.support.pki import a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.debian import Program
    from benchmarks.samples import Sample
    from tests.support.application import Credentials
    from tests.support.server import Server

DIRECT, FORWARDED = "TLS listener", "behind nginx"

_CONNECTIONS = (1, 16, 64)
_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_PROXY = {"XSUAA_FORWARDED_CERTIFICATE": "nginx", "XSUAA_TRUSTED_PROXIES": "127.0.0.1/32"}

Subject = tuple[Measured, CertificateLoad, str]
"""A server, its load, and the URL of the load."""


def measure(bench: Bench) -> Table:
    """Compare with the signature rate of the same core."""
    samples: dict[str, list[Sample]] = {}
    seconds = bench.effort.load_seconds
    with ExitStack() as stack:
        subjects = _subjects(bench, stack)
        for _, load, url in subjects.values():
            load.run(url, connections=_CONNECTIONS[-1], seconds=seconds)
        for number in bench.rounds():
            for name, (what, load, url) in subjects.items():
                for connections in _CONNECTIONS:
                    run = partial(load.run, url, connections=connections, seconds=seconds)
                    found = bench.sample_of(what, run)
                    title = _with(name, connections)
                    samples.setdefault(title, []).append(found)
                    bench.say_sample(number, f"certificates, {title}", found)
    return Table(
        "Tokens for client certificates: one worker on one core, one client, nginx and the load on"
        " the other core",
        {name: figures(found) for name, found in samples.items()},
        "Times are in whole milliseconds, as ab reports them. nginx opens a new connection to the"
        " server for each request. PostgreSQL itself may use every core.",
    )


def row(place: str, connections: int) -> str:
    """Return the name of a row on SQLite; ``place`` is ``DIRECT`` or ``FORWARDED``."""
    return _with(f"{place}, {_DATABASES['sqlite']}", connections)


def _with(name: str, connections: int) -> str:
    return f"{name}, {connections} connection{'s'[: connections > 1]}"


def _subjects(bench: Bench, stack: ExitStack) -> dict[str, Subject]:
    ab = ab_program(bench.directory / "programs")
    subjects = {}
    for kind, database in _DATABASES.items():
        subjects[f"{DIRECT}, {database}"] = _direct(bench, stack, ab, kind)
        try:
            subjects[f"{FORWARDED}, {database}"] = _forwarded(bench, stack, ab, kind)
        except (NginxMissingError, ProgramMissingError) as missing:
            bench.say(f"Skipped: {missing}")
    return subjects


def _direct(bench: Bench, stack: ExitStack, ab: Program, database: str) -> Subject:
    port, name = str(free_port()), f"direct_{database}"
    url = bench.databases.empty(database, name)
    server, what = stack.enter_context(
        measured_server(bench, name, server_core(), url, XSUAA_TLS_PORT=port)
    )
    return (
        what,
        certificate_load(bench, name, ab, new_certificate(server)),
        f"https://localhost:{port}",
    )


def _forwarded(bench: Bench, stack: ExitStack, ab: Program, database: str) -> Subject:
    name = f"forwarded_{database}"
    folder = bench.directory / f"{name}-nginx"
    folder.mkdir()
    program = nginx_program(folder)
    authority = an_authority("Proxy CA")
    own = a_client(authority, "localhost", hosts=["localhost"])
    certificate = folder / "server.pem"
    certificate.write_text(own.chain + own.key_pem)
    url = bench.databases.empty(database, name)
    server, what = stack.enter_context(measured_server(bench, name, server_core(), url, **_PROXY))
    with pinned_to(client_core()):
        nginx = stack.enter_context(Nginx(program, folder / "run", certificate, server.port))
    return what, certificate_load(bench, name, ab, new_certificate(server)), nginx.url


def new_certificate(server: Server) -> Credentials:
    """Return the credentials of a new binding with a managed certificate."""
    platform = PlatformClient(server.url, USER, PASSWORD)
    instance = a_guid()
    platform.provision(instance, a_descriptor(oauth2_configuration=credential_types("x509")))
    credentials: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return credentials


def certificate_load(
    bench: Bench, name: str, ab: Program, credentials: Credentials
) -> CertificateLoad:
    """Return the load of a client with these credentials; ``name`` is that of its files."""

    def written(file: str, text: str) -> Path:
        path = bench.directory / f"{name}.{file}"
        path.write_text(text)
        return path

    return CertificateLoad(
        ab,
        client_core(),
        written("pem", credentials["certificate"] + credentials["key"]),
        written(
            "form",
            urlencode({"grant_type": "client_credentials", "client_id": credentials["clientid"]}),
        ),
    )

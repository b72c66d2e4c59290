"""Tokens for client certificates: at the TLS listener, and forwarded by nginx; one core."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.apache_bench import CertificateLoad, ab_program
from benchmarks.cores import client_core, pinned_to, server_core
from benchmarks.debian import ProgramMissingError
from benchmarks.measured_server import PASSWORD, USER, Measured, measured_server
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.nginx import Nginx, NginxMissingError, nginx_program
from tests.support.pki import a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.debian import Program
    from benchmarks.samples import Sample
    from benchmarks.wrk import Load
    from tests.support.application import Credentials
    from tests.support.server import Server

DIRECT, FORWARDED = "TLS listener", "behind nginx, new connections to the server"

_CONNECTIONS = 16
_PROXY = {"XSUAA_FORWARDED_CERTIFICATE": "nginx", "XSUAA_TRUSTED_PROXIES": "127.0.0.1/32"}

Subject = tuple[Measured, "Callable[[], Load]"]


def measure(bench: Bench) -> Table:
    """Compare with the signatures that the same core can make."""
    samples: dict[str, list[Sample]] = {}
    with ExitStack() as stack:
        ab = ab_program(bench.directory / "programs")
        subjects = {DIRECT: _direct(bench, stack, ab)}
        try:
            subjects[FORWARDED] = _forwarded(bench, stack, ab)
        except (NginxMissingError, ProgramMissingError) as missing:
            bench.say(f"Left out: {missing}")
        for _, run in subjects.values():
            run()
        for number in bench.rounds():
            for name, (what, run) in subjects.items():
                samples.setdefault(name, []).append(bench.sample_of(what, run))
                bench.say_sample(number, f"certificates, {name}", samples[name][-1])
    return Table(
        f"Tokens for client certificates on one core: SQLite, one client, {_CONNECTIONS}"
        " connections",
        {name: figures(found) for name, found in samples.items()},
        "Times are in whole milliseconds, as ab has them.",
    )


def _direct(bench: Bench, stack: ExitStack, ab: Program) -> Subject:
    port = str(free_port())
    url = bench.databases.empty("sqlite", "direct")
    server, what = stack.enter_context(
        measured_server(bench, "direct", server_core(), url, XSUAA_TLS_PORT=port)
    )
    load = _load(bench, "direct", ab, _bound(server))
    return what, _repeated(bench, load, f"https://localhost:{port}")


def _forwarded(bench: Bench, stack: ExitStack, ab: Program) -> Subject:
    folder = bench.directory / "forwarded-nginx"
    folder.mkdir()
    program = nginx_program(folder)
    authority = an_authority("Proxy CA")
    own = a_client(authority, "localhost", hosts=["localhost"])
    certificate = folder / "server.pem"
    certificate.write_text(own.chain + own.key_pem)
    url = bench.databases.empty("sqlite", "forwarded")
    server, what = stack.enter_context(
        measured_server(bench, "forwarded", server_core(), url, **_PROXY)
    )
    with pinned_to(client_core()):
        nginx = stack.enter_context(Nginx(program, folder / "run", certificate, server.port))
    load = _load(bench, "forwarded", ab, _bound(server))
    return what, _repeated(bench, load, nginx.url)


def _repeated(bench: Bench, load: CertificateLoad, url: str) -> Callable[[], Load]:
    seconds = bench.effort.load_seconds
    return lambda: load.run(url, connections=_CONNECTIONS, seconds=seconds)


def _bound(server: Server) -> Credentials:
    platform = PlatformClient(server.url, USER, PASSWORD)
    instance = a_guid()
    platform.provision(instance, a_descriptor(oauth2_configuration=credential_types("x509")))
    credentials: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return credentials


def _load(bench: Bench, name: str, ab: Program, credentials: Credentials) -> CertificateLoad:
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

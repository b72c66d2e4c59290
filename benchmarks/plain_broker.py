"""The peer of broker operations: a minimal openbrokerapi broker, in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

from flask import Flask
from openbrokerapi.api import BrokerCredentials, get_blueprint
from openbrokerapi.catalog import ServicePlan
from openbrokerapi.log_util import basic_config
from openbrokerapi.service_broker import Binding, BindState, Service, ServiceBroker

from benchmarks.cores import pinned_to, server_core
from benchmarks.measured_server import PASSWORD, USER
from tests.support.platform import APPLICATION, SERVICE_ID
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PASSWORD_VARIABLE = "BENCHMARK_PASSWORD"  # noqa: S105 - a name
_START_SECONDS = 20.0


class InMemoryBroker(ServiceBroker):  # type: ignore[misc]  # it has no types
    """Gives every binding a random secret and remembers it."""

    def __init__(self) -> None:
        """Start without bindings."""
        self._bindings: dict[str, dict[str, str]] = {}

    def catalog(self) -> Service:
        """Return the one service."""
        plan = ServicePlan(id=APPLICATION, name="application", description="plan")
        return Service(
            id=SERVICE_ID, name="plain", description="service", bindable=True, plans=[plan]
        )

    def bind(self, instance_id: str, binding_id: str, **_: Any) -> Binding:
        """Generate credentials."""
        credentials = {"clientid": f"sb-{instance_id}", "clientsecret": str(uuid4())}
        self._bindings[binding_id] = credentials
        return Binding(state=BindState.SUCCESSFUL_BOUND, credentials=credentials)


def application() -> Flask:
    """Return the application, as in the example of openbrokerapi."""
    app = Flask(__name__)
    credentials = BrokerCredentials(USER, os.environ[_PASSWORD_VARIABLE])
    app.register_blueprint(get_blueprint(InMemoryBroker(), credentials, basic_config()))
    return app


@contextmanager
def plain_broker(directory: Path) -> Iterator[int]:
    """Run it under granian, one worker on the server's core; yield its port."""
    port = free_port()
    log = directory / "plain-broker.log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "4", "--log-level", "error"]
    with pinned_to(server_core()), log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--factory", "benchmarks.plain_broker:application"],
            cwd=ROOT,
            env={**os.environ, _PASSWORD_VARIABLE: PASSWORD},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while True:
        with suppress(URLError, OSError):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            except HTTPError:
                return  # it responds
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the plain broker did not start:\n{log.read_text()}")
        time.sleep(0.05)

"""An application with @sap/cds, bound to the service as on Cloud Foundry."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Self

import requests

from tests.clients.node_client import FOLDER, node_program
from tests.support.awaiting import await_start
from tests.support.server import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.support.application import Credentials


class CapApplication:
    """Runs while the context lasts; its services require different roles."""

    def __init__(self, credentials: Credentials, kind: str, ca_file: Path, log_file: Path) -> None:
        """``kind`` is CAP's authentication kind, ``xsuaa`` or ``jwt``."""
        self._port = free_port()
        self._log_file = log_file
        binding = {"label": "xsuaa", "name": "my-uaa", "plan": "application", "tags": ["xsuaa"]}
        self._environment = {
            "PORT": str(self._port),
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "CDS_REQUIRES_AUTH_KIND": kind,
            "CDS_REQUIRES_DB_KIND": "sqlite",
            "CDS_REQUIRES_DB_CREDENTIALS_URL": ":memory:",
            "VCAP_SERVICES": json.dumps({"xsuaa": [{**binding, "credentials": credentials}]}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address of the application."""
        return f"http://localhost:{self._port}"

    def call(self, service: str, token: str | None = None) -> requests.Response:
        """Call ``whoami`` of a service."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.url}/{service}/whoami()", headers=headers, timeout=30)

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [node_program(), FOLDER / "node_modules/@sap/cds/bin/serve.js", "all"],
                cwd=FOLDER / "cap",
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        await_start(
            self._process,
            lambda: b"server listening" in self._log_file.read_bytes(),
            self._log_file.read_text,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

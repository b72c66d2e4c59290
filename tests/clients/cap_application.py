"""An application with @sap/cds, bound to the service as on Cloud Foundry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from tests.clients.node_application import NodeApplication, bound_services
from tests.clients.node_client import FOLDER
from tests.support.server import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.application import Credentials


class CapApplication(NodeApplication):
    """Runs while the context lasts; its services require different roles."""

    def __init__(self, credentials: Credentials, kind: str, ca_file: Path, log_file: Path) -> None:
        """``kind`` is CAP's authentication kind, ``xsuaa`` or ``jwt``."""
        self._port = free_port()
        environment = {
            "PORT": str(self._port),
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "CDS_REQUIRES_AUTH_KIND": kind,
            "CDS_REQUIRES_DB_KIND": "sqlite",
            "CDS_REQUIRES_DB_CREDENTIALS_URL": ":memory:",
            "VCAP_SERVICES": bound_services(credentials),
        }
        program: list[str | Path] = [FOLDER / "node_modules/@sap/cds/bin/serve.js", "all"]
        super().__init__(program, FOLDER / "cap", environment, log_file, b"server listening")

    @property
    def url(self) -> str:
        """Return the address of the application."""
        return f"http://localhost:{self._port}"

    def call(self, service: str, token: str | None = None) -> requests.Response:
        """Call ``whoami`` of a service."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.url}/{service}/whoami()", headers=headers, timeout=30)

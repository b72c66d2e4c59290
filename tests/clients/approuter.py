"""@sap/approuter, unmodified, before an application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.clients.node_application import NodeApplication, bound_services
from tests.clients.node_client import FOLDER
from tests.support.server import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.application import Credentials


class Approuter(NodeApplication):
    """Runs while the context lasts.

    ``/app/`` is the application, ``/restricted/`` its service for the scope Edit, ``/user-api/``
    the user API; pages and all of these require a login.
    """

    def __init__(
        self,
        credentials: Credentials,
        application_url: str,
        ca_file: Path,
        log_file: Path,
        certificate_with_key: Path | None = None,
        **more: str,
    ) -> None:
        """Listen with https if there is a certificate.

        ``more`` are further settings by the names of their variables.
        """
        self.port = free_port()
        destination = {"name": "application", "url": application_url, "forwardAuthToken": True}
        environment = {
            "PORT": str(self.port),
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "VCAP_SERVICES": bound_services(credentials),
            "destinations": json.dumps([destination]),
            "XS_APP_LOG_LEVEL": "info",
            "CERTIFICATE_WITH_KEY": str(certificate_with_key),
            **more,
        }
        plain = FOLDER / "node_modules/@sap/approuter/approuter.js"
        super().__init__(
            [FOLDER / "approuter/https.mjs" if certificate_with_key else plain],
            FOLDER / "approuter",
            environment,
            log_file,
            b"Application router is listening",
        )

    @property
    def url(self) -> str:
        """Return the address of its pages."""
        return f"http://localhost:{self.port}"

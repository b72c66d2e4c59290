"""An application with SAP's Java library, in one JVM for all of its commands."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Self

from tests.clients.java_programs import FAST_START, FOLDER
from tests.support.secrets_in_logs import MINTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.support.application import Credentials

_PASSWORD = "changeit"


def import_ca(programs: Path, ca_file: Path, directory: Path) -> Path:
    """Return a trust store with a CA, made by the command of the documents."""
    store = directory / "truststore.p12"
    command: list[str | Path] = [programs / "keytool", *(f"-J{option}" for option in FAST_START)]
    command += ["-importcert", "-noprompt", "-alias", "xsuaa-broker", "-file", ca_file]
    command += ["-keystore", store, "-storepass", _PASSWORD]
    subprocess.run(command, capture_output=True, check=True)
    return store


class JavaClient:
    """The running application; a context manager.

    Its JVM trusts only the store. It finds port 443 of every host at ``port`` of this machine.
    """

    def __init__(self, programs: Path, jars: Sequence[Path], trust_store: Path, port: int) -> None:
        """Take the ``bin`` folder of a JDK and the files of the library; start nothing."""
        self._command: list[str | Path] = [
            programs / "java",
            *FAST_START,
            f"-Djavax.net.ssl.trustStore={trust_store}",
            f"-Djavax.net.ssl.trustStorePassword={_PASSWORD}",
        ]
        self._command += ["-cp", ":".join(map(str, jars)), FOLDER / "Client.java", str(port)]

    def __enter__(self) -> Self:
        """Start."""
        self._process = subprocess.Popen(
            self._command,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._process.communicate(timeout=30)

    def fetch_token(self, credentials: Credentials, zone: str | None = None) -> str:
        """Fetch a token, which must be issued; ``zone`` is sent as X-zid."""
        named = {"zone": zone} if zone else {}
        result = self._result(credentials=credentials, **named)
        assert "access_token" in result, result
        token: str = result["access_token"]
        MINTED.remember(result)
        return token

    def fetch_user_token(self, credentials: Credentials, **grant: str) -> dict[str, str]:
        """Fetch a user's token, which must be issued, with its refresh token.

        By ``username`` and ``password``, by ``refresh_token``, or by ``assertion`` in a ``zone``.
        """
        result = self._result(credentials=credentials, grant=grant)
        assert "access_token" in result, result
        MINTED.remember(result)
        return result

    def validate(self, credentials: Credentials, token: str) -> dict[str, Any]:
        """Validate a token as the application with these credentials; return the result."""
        return self._result(credentials=credentials, token=token)

    def _result(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        return result

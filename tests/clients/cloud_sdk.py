"""A client that SAP Cloud SDK generates from an OpenAPI document, and a program that uses it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tests.clients.node_client import FOLDER, node_program
from tests.support.secrets_in_logs import MINTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from tests.support.application import Credentials
    from tests.support.platform import JsonObject

_GENERATOR = FOLDER / "node_modules/@sap-cloud-sdk/openapi-generator/dist/cli.js"
_PATIENCE_SECONDS = 120


def generated_client(document: JsonObject, directory: Path) -> Path:
    """Generate and compile a client in this directory; return its folder.

    The compiler checks the types of the generated code.
    """
    source = directory / "administration.json"
    source.write_text(json.dumps(document))
    # Generated code finds the library as code of the application does.
    (directory / "node_modules").symlink_to(FOLDER / "node_modules")
    subprocess.run(
        [
            *(node_program(), _GENERATOR, "--transpile", "--generateESM"),
            *("--tsconfig", FOLDER / "tsconfig.generated.json"),
            *("--input", source, "--outputDir", directory / "generated"),
        ],
        env={},
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        check=True,
    )
    return directory / "generated/administration"


@dataclass(frozen=True)
class Answer:
    """The status and body of a response; no status if the program received none."""

    status: int | None
    body: Any


class CloudSdk:
    """Runs the program while the context lasts."""

    def __init__(self, client: Path, ca_file: Path) -> None:
        """``client`` is the folder that ``generated_client`` returns."""
        self._client, self._ca_file = client, ca_file
        self._process: subprocess.Popen[str] | None = None
        self.succeeded: set[str] = set()
        """The operations that succeeded, by their ids."""

    def __enter__(self) -> Self:
        """Start."""
        self._process = subprocess.Popen(
            [node_program(), FOLDER / "cloud_sdk.mjs", self._client],
            env={"NODE_EXTRA_CA_CERTS": str(self._ca_file), "NODE_NO_WARNINGS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
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
        self._process.communicate()

    def connect(self, credentials: Credentials, token: str | None = None) -> None:
        """Use the binding with these credentials, or instead of its token that of a user."""
        answer = self._ask({"connect": credentials, "token": token})
        assert answer == {}, answer

    def __call__(
        self, operation: str, *arguments: Any, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Call an operation by its id."""
        command = {"operation": operation, "arguments": arguments, "headers": headers or {}}
        answer = Answer(**self._ask(command))
        if answer.status is not None and answer.status < 300:
            self.succeeded.add(operation)
        return answer

    def get(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Return the body of a successful response."""
        answer = self(operation, *arguments, **options)
        assert answer.status in {200, 201, 204}, answer
        return answer.body

    def _ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        MINTED.remember(answer)
        return answer

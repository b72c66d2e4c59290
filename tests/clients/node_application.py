"""A program of Node.js that listens on a port of this machine."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Self

from tests.clients.node_client import FOLDER, node_program
from tests.support.awaiting import await_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.support.application import Credentials


class NodeApplication:
    """Runs while the context lasts."""

    def __init__(
        self,
        command: Sequence[str | Path],
        directory: Path,
        environment: Mapping[str, str],
        log_file: Path,
        ready: bytes,
    ) -> None:
        """The program writes ``ready`` to its log when it listens."""
        self._command, self._directory, self._ready = command, directory, ready
        self._environment = {**environment, "NODE_OPTIONS": f"--require={FOLDER / 'names.cjs'}"}
        self.log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [node_program(), *self._command],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        await_start(
            self._process,
            lambda: self._ready in self.log_file.read_bytes(),
            self.log_file.read_text,
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


def bound_services(credentials: Credentials) -> str:
    """Return ``VCAP_SERVICES`` of an application that is bound to the service."""
    binding = {"label": "xsuaa", "name": "my-uaa", "plan": "application", "tags": ["xsuaa"]}
    return json.dumps({"xsuaa": [{**binding, "credentials": credentials}]})

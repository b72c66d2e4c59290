"""The real server, started as a user starts it, in its own directory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import requests

from tests.support.awaiting import await_start
from tests.support.databases import is_current, place_migrated_file
from tests.support.forks import ROOT, can_be_forked, run_forked, start_forked
from tests.support.secrets_in_logs import LOGS

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.support.forks import ForkedProcess

__all__ = ["ROOT", "Server", "free_port"]

# For a busy machine; no test measures by these limits.
_START_SECONDS = 600.0
_STOP_SECONDS = 120.0


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """``python -m broker serve`` with its state below ``directory``; a context manager."""

    def __init__(
        self, directory: Path, *, database_url: str = "", workers: int = 2, **settings: str
    ) -> None:
        """Take further settings by the names of their variables; start nothing."""
        self.directory = directory
        self.arguments: tuple[str, ...] = ()
        self.run_by: tuple[str, ...] = ()
        self.port, self.tls_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self.tls_url = f"https://localhost:{self.tls_port}"
        self.log_file = directory / "server.log"
        LOGS.append(self.log_file)
        # Inherit nothing from the environment of the tests.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PYTHONPATH": str(ROOT),
            "XSUAA_MODE": "dev",
            "XSUAA_STATE_DIR": str(directory / "var"),
            "XSUAA_WORKERS": str(workers),
            "XSUAA_LOG_FORMAT": "json",
            # Tests fail to authenticate on purpose; tests of the limit set one.
            "XSUAA_FAILURE_LIMIT": "0",
            "PORT": str(self.port),
            "XSUAA_TLS_PORT": str(self.tls_port),
            **({"XSUAA_DATABASE_URL": database_url} if database_url else {}),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def __enter__(self) -> Self:
        """Ensure a database with the current schema, and start."""
        own, url = self.directory / "var" / "xsuaa.db", self.environment.get("XSUAA_DATABASE_URL")
        if not url and not own.parent.exists() and not self.run_by:
            # Same result as the command, in a hundredth of the time.
            place_migrated_file(own)
        elif not url or not is_current(url):
            self.command("db", "upgrade")
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    def command(
        self, *arguments: str, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run another command of the product in the same environment."""
        if self._can_be_forked():
            finished = run_forked(arguments, self.directory, self.environment, stdin)
        else:
            finished = subprocess.run(
                [*self.run_by, sys.executable, "-m", "broker", *arguments],
                cwd=self.directory,
                env=self.environment,
                text=True,
                input=stdin,
                capture_output=True,
                timeout=_START_SECONDS,
                check=False,
            )
        if check and finished.returncode:
            raise AssertionError(f"{arguments} failed: {finished.stderr[-2000:]}")
        return finished

    def start(self) -> None:
        """Start and wait until the server logs that it is ready."""
        with self.log_file.open("ab") as log:
            seen = log.tell()
            arguments = ("serve", *self.arguments)
            if self._can_be_forked():
                self._process = start_forked(
                    arguments, self.directory, self.environment, self.log_file
                )
            else:
                self._process = subprocess.Popen(
                    [*self.run_by, sys.executable, "-m", "broker", *arguments],
                    cwd=self.directory,
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        await_start(
            self._process, lambda: b"is ready." in self.log_file.read_bytes()[seen:], self.log
        )

    def _can_be_forked(self) -> bool:
        return not self.run_by and can_be_forked(self.environment)

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def terminate(self) -> None:
        """Send SIGTERM and return at once."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill only the supervisor; its children have to notice."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Wait for the supervisor's end; return its exit status."""
        assert self._process is not None
        return self._process.wait(timeout=_STOP_SECONDS)

    def stop(self) -> int | None:
        """Stop the server if it runs; return its exit status."""
        if self._process is None:
            return None
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            return self._process.wait(timeout=_STOP_SECONDS)
        finally:
            self._process.kill()

    def log(self) -> str:
        """Return everything the server has written so far."""
        return self.log_file.read_text()

    def is_up(self) -> bool:
        """Return whether the server responds."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    @property
    def ca_file(self) -> Path:
        """Certificate of the authority that signed the TLS listener's certificate."""
        return self.directory / "var" / "ca.pem"

    @property
    def user(self) -> str:
        """Broker user."""
        return "broker"

    @property
    def password(self) -> str:
        """Broker password, as generated on first use."""
        return (self.directory / "var" / "broker-password").read_text().strip()

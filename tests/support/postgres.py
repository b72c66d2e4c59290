"""A private PostgreSQL server for tests, run from the binaries of a pip package."""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from tests.support.postgres_programs import account_for_the_server, hand_over, usable_programs

_SUPERUSER = "postgres"
_PATIENCE_SECONDS = 600  # for a busy machine
# The server must see no PG* variable of the caller.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

# Ends the server and removes its directory as soon as its standard input closes. The kernel closes
# the other end with the test process, however that one dies; unlike PDEATHSIG this also works on
# macOS and does not depend on which thread started the server.
_GUARD = """
server=
while read -r line; do server=$line; done
if [ -n "$server" ]; then
  kill -QUIT "$server" 2>/dev/null
  tries=0
  while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL "$server" 2>/dev/null
fi
rm -rf "$1"
"""


class ServerNotStartedError(Exception):
    """PostgreSQL could not be set up or started; the message ends with its log."""


class PrivatePostgres:
    """A PostgreSQL of its own on 127.0.0.1, gone when its block ends.

    Unless ``durable``, it does not wait for the disk: commits survive any killed process, but not a
    crash of the whole machine. ``oldest``: the oldest version that the tests have.
    """

    directory: Path
    port: int

    def __init__(self, *, durable: bool = False, oldest: bool = False) -> None:
        self._oldest = oldest
        self._durable = "on" if durable else "off"
        self._account = account_for_the_server()
        self._password = secrets.token_hex(16)
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=self._parent_directory()))
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", self.directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Outside the foreground group: Ctrl-C goes to the tests, which stop the server.
            start_new_session=True,
        )
        try:
            hand_over(self.directory, self._account)
            self._programs = usable_programs(self.directory, self._account, oldest=self._oldest)
            self._initialise_cluster()
            self._start_on_a_free_port()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while the server runs."""
        return self._server.pid if self._server else None

    def url(self, name: str) -> str:
        """The address of a database, for the superuser."""
        return f"postgresql://{_SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{quote(name)}"

    def create_database(self, name: str, like: str = "template1") -> str:
        """Create a database, empty or a copy of another one, and give its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(like)))
        return self.url(name)

    def start(self) -> None:
        """Start a stopped or killed server again, on the same port and data."""
        if self._server:
            return
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": f'"{self.directory}"',
            "max_connections": "200",
            "shared_buffers": "32MB",
            "fsync": self._durable,
            "full_page_writes": self._durable,
            # Files below the data directory: a killed server leaves nothing in /dev/shm.
            "dynamic_shared_memory_type": "mmap",
        }
        arguments = [part for option in options.items() for part in ("-c", "=".join(option))]
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=_ENVIRONMENT,
                start_new_session=True,
                **self._account,
            )
        self._tell_guard(str(self._server.pid))
        self._await_readiness(self._server)

    def stop(self) -> None:
        """Shut the server down cleanly, ending open sessions."""
        if not self._server:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget_server()

    def kill(self) -> None:
        """Kill every process at once without a shutdown, as a power failure would."""
        if not self._server:
            return
        if self._server.poll() is None:
            postmaster = psutil.Process(self._server.pid)
            # A stopped postmaster starts no further process that the list would lack.
            postmaster.suspend()
            doomed = [postmaster, *postmaster.children(recursive=True)]
            for process in doomed:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._server.wait(_PATIENCE_SECONDS)
            _await_end(doomed)
        self._forget_server()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _parent_directory(self) -> str:
        """The directory of temporary files; for another account, one that it can reach."""
        usual = tempfile.gettempdir()
        if self._account:
            for candidate in (usual, "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp picks the name
                path = Path(candidate).resolve()
                if all(part.stat().st_mode & 0o001 for part in (path, *path.parents)):
                    return candidate
        return usual

    def _initialise_cluster(self) -> None:
        password_file = self.directory / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        hand_over(password_file, self._account)
        result = subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self._data}",
                f"--username={_SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.directory,
            env=_ENVIRONMENT,
            **self._account,
        )
        password_file.unlink()
        if result.returncode:
            raise ServerNotStartedError(f"initdb failed:\n{result.stdout}")

    def _start_on_a_free_port(self) -> None:
        for attempts_left in reversed(range(5)):
            self.port = _free_port()
            try:
                self.start()
            except ServerNotStartedError as error:
                # Another process took the port before the server was bound to it.
                if attempts_left and "Address already in use" in str(error):
                    continue
                raise
            return

    def _await_readiness(self, server: subprocess.Popen[bytes]) -> None:
        """Wait until the server's status file says that it accepts connections."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            status = self._status_lines()
            if status[:1] == [str(server.pid)] and status[7:8] == ["ready"]:
                return
            time.sleep(0.02)
        self.kill()
        raise ServerNotStartedError(f"no server:\n{self._log.read_text(errors='replace')}")

    def _status_lines(self) -> list[str]:
        """The lines of postmaster.pid, which exists from a start to a clean stop."""
        try:
            text = (self._data / "postmaster.pid").read_text()
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _tell_guard(self, server: str) -> None:
        if self._guard.stdin:
            self._guard.stdin.write(f"{server}\n".encode())
            self._guard.stdin.flush()

    def _forget_server(self) -> None:
        self._server = None
        self._tell_guard("")

    def _close(self) -> None:
        try:
            self.kill()  # the data goes anyway: no shutdown checkpoint
            self._release_shared_memory()
        finally:
            if self._guard.stdin:
                self._guard.stdin.close()
            self._guard.wait(_PATIENCE_SECONDS)

    def _release_shared_memory(self) -> None:
        """Remove the segment by which a killed server still marks its data as in use."""
        for line in self._status_lines()[6:7]:
            _key, segment = line.split()
            remove = 0  # IPC_RMID, on Linux and macOS alike
            ctypes.CDLL(None).shmctl(int(segment), remove, None)


def _free_port() -> int:
    """A free port below the ephemeral ranges, so no client takes it while the server restarts."""
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _await_end(processes: list[psutil.Process]) -> None:
    """Wait for killed processes; an orphan that is not reaped has ended as well."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"process {process.pid} survived its SIGKILL")
                time.sleep(0.01)

"""Run the product's commands and servers in forks of a process that has imported everything.

The imports take half a second of a command's CPU time, whose work takes ten milliseconds, and most
of the CPU time of a server's start.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]

# Not prometheus_client, whose import reads the environment.
_IMPORTED = (
    "broker.cli",
    "broker.composition.administration",
    "broker.composition.certificates",
    "broker.composition.identity",
    "broker.lifecycle.update",
    "broker.recovery.reconcile",
    "broker.server.gunicorn.plain_listener",
    "broker.server.gunicorn.tls_listener",
    "broker.server.gunicorn.worker",
    "broker.server.supervisor",
    "broker.store.reports.audit_trail",
    "broker.store.reports.consistency",
    "broker.store.reports.user_grants",
    "broker.store.sealing.reseal",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
_READ_AT_START = ("LD_", "DYLD_", "PYTHON", "FAKETIME", "MALLOC_", "OPENSSL_")
"""Variables that the interpreter or its libraries read before the product runs."""

_POLL_SECONDS = 0.004


def can_be_forked(environment: Mapping[str, str]) -> bool:
    """Return whether a process that was started with another environment does for this one."""
    own = {name for name in environment if name.startswith(_READ_AT_START)}
    return own == {"PYTHONPATH"} and environment["PYTHONPATH"] == str(ROOT) and hasattr(os, "fork")


def run_forked(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m broker`` with these arguments; commands may run concurrently."""
    with tempfile.TemporaryDirectory(prefix="command-") as streams:
        given, output, errors = (Path(streams, name) for name in ("given", "output", "errors"))
        given.write_text(stdin)
        process = _parent().fork(arguments, directory, environment, (given, output, errors))
        status = process.wait()
        return subprocess.CompletedProcess(
            list(arguments), status, output.read_text(), errors.read_text()
        )


def start_forked(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
) -> ForkedProcess:
    """Start ``python -m broker`` in a session of its own; ``log`` takes its output."""
    return _parent().fork(arguments, directory, environment, (Path(os.devnull), log, log))


class ForkedProcess:
    """What `subprocess.Popen` is for a process that its parent has forked."""

    def __init__(self, parent: _Parent, pid: int, args: list[str]) -> None:
        """``args`` is for messages."""
        self.pid, self.args = pid, args
        self.returncode: int | None = None
        self._parent = parent

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        if self.returncode is None:
            self.returncode = self._parent.status_of(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status; raise TimeoutExpired after ``timeout`` seconds."""
        give_up = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if timeout is not None and give_up is not None and time.monotonic() > give_up:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(_POLL_SECONDS)
        return status

    def terminate(self) -> None:
        """Send SIGTERM unless the process has ended."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL unless the process has ended."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        # Its id stays reserved until poll() has returned its status.
        if self.poll() is None:
            os.kill(self.pid, number)


class _Parent:
    """The process that has the imports and forks."""

    def __init__(self) -> None:
        self._exchange = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forks"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        atexit.register(self._process.communicate)

    def fork(
        self,
        arguments: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        streams: Sequence[Path],
    ) -> ForkedProcess:
        pid = self._ask(
            {
                "arguments": list(arguments),
                "directory": str(directory),
                "environment": dict(environment),
                "streams": [str(stream) for stream in streams],
            }
        )
        assert pid is not None
        return ForkedProcess(self, pid, ["broker", *arguments])

    def status_of(self, pid: int) -> int | None:
        return self._ask({"pid": pid})

    def _ask(self, order: Mapping[str, object]) -> int | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._exchange:
            self._process.stdin.write(f"{json.dumps(order)}\n")
            self._process.stdin.flush()
            answer: int | None = json.loads(self._process.stdout.readline())
        return answer


@cache
def _parent() -> _Parent:
    return _Parent()


def _obey() -> None:
    """Fork, or return the status of a fork, for each line of the standard input."""
    for name in _IMPORTED:
        __import__(name)
    running = set[int]()
    for line in sys.stdin:
        order = json.loads(line)
        if "pid" in order:
            answer = _status(order["pid"])
            if answer is not None:
                running.discard(order["pid"])
        elif not (answer := os.fork()):
            _become(order)
        else:
            running.add(answer)
        print(json.dumps(answer), flush=True)
    # The tests have ended, or were killed and left their servers running.
    for pid in running:
        if _status(pid) is None:
            os.kill(pid, signal.SIGTERM)


def _status(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(order: dict[str, Any]) -> NoReturn:
    """Run the command as if the interpreter had been started for it."""
    os.setsid()
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environment"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, path in enumerate(order["streams"]):
        opened = os.open(path, flags if number else os.O_RDONLY, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    status = 0
    try:
        from broker.cli import main  # noqa: PLC0415 - the tests' own processes need none of it

        main(args=order["arguments"], prog_name="python -m broker")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - the interpreter would print it, too
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


if __name__ == "__main__":
    _obey()

"""Run the product's commands in forks of a process that has already imported everything.

The imports of a command take half a second of CPU time, the work of most commands ten
milliseconds.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]

_IMPORTED = (
    "broker.cli",
    "broker.composition.administration",
    "broker.composition.certificates",
    "broker.composition.identity",
    "broker.lifecycle.update",
    "broker.recovery.reconcile",
    "broker.store.reports.audit_trail",
    "broker.store.reports.consistency",
    "broker.store.reports.user_grants",
    "broker.store.sealing.reseal",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
_OF_THE_INTERPRETER = ("LD_", "DYLD_", "PYTHON", "FAKETIME")


def can_be_forked(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Return whether a process with its imports does for this command; the server's would not."""
    own = {name for name in environment if name.startswith(_OF_THE_INTERPRETER)}
    return (
        arguments[0] != "serve"
        and own == {"PYTHONPATH"}
        and environment["PYTHONPATH"] == str(ROOT)
        and hasattr(os, "fork")
    )


def run_forked(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m broker`` with these arguments; commands may run concurrently."""
    parent = _idle.pop() if _idle else _Parent()
    try:
        return parent.run(arguments, directory, environment, stdin)
    finally:
        _idle.append(parent)


class _Parent:
    """The process that has the imports and forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.command_process"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        atexit.register(self._end)

    def run(
        self,
        arguments: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        stdin: str,
    ) -> subprocess.CompletedProcess[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="command-") as streams:
            given, output, errors = (Path(streams, name) for name in ("given", "output", "errors"))
            given.write_text(stdin)
            order = {
                "arguments": list(arguments),
                "directory": str(directory),
                "environment": dict(environment),
                "given": str(given),
                "output": str(output),
                "errors": str(errors),
            }
            self._process.stdin.write(f"{json.dumps(order)}\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(
                list(arguments), status, output.read_text(), errors.read_text()
            )

    def _end(self) -> None:
        self._process.communicate()


_idle: list[_Parent] = []


def _serve() -> None:
    """Fork for each line of the standard input; write the exit statuses."""
    for name in _IMPORTED:
        __import__(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _become(order)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(order: dict[str, Any]) -> NoReturn:
    """Run the command as if the interpreter had been started for it."""
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environment"])
    flags = os.O_WRONLY | os.O_CREAT
    for number, path in enumerate((order["given"], order["output"], order["errors"])):
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
    _serve()

"""Run the server as a platform does: another interpreter, another directory, a given command."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.awaiting import await_start
from tests.support.secrets_in_logs import LOGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PATIENCE_SECONDS = 600.0


@contextmanager
def running(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], log_file: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server in a directory; enter the block when it logs that it is ready."""
    # Otherwise the program would be looked up in the PATH of the tests.
    program = str(shutil.which(arguments[0], path=environment["PATH"]))
    LOGS.append(log_file)
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            [program, *arguments[1:]], cwd=directory, env=environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            await_start(process, lambda: b"is ready." in log_file.read_bytes(), log_file.read_text)
            yield process
        finally:
            process.kill()


def read_only_but(*writable: Path) -> list[str]:
    """Return what to put before a command so that it can write below these directories only.

    That needs Linux and the right to make namespaces; without them the list is empty.
    """
    script = [
        *(f"mount --bind {shlex.quote(str(path))} {shlex.quote(str(path))}" for path in writable),
        "mount -o remount,bind,ro /",
        'exec "$@"',
    ]
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-ec", "\n".join(script), "sh"]
    try:
        possible = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return prefix if possible.returncode == 0 else []


def program_path(interpreter: Path) -> str:
    """Return a PATH on which ``python`` is this interpreter."""
    return f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}"

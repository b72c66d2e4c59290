"""Wait until a started program is ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.support.forks import ForkedProcess

_PATIENCE_SECONDS = 600.0
"""For a busy machine; a program that cannot start ends before."""

_POLL_SECONDS = 0.02


def await_start(
    process: subprocess.Popen[bytes] | ForkedProcess,
    is_up: Callable[[], bool],
    log: Callable[[], str],
) -> None:
    """Return when the program is ready; otherwise stop it and raise RuntimeError with its log."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not is_up():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            process.wait()
            raise RuntimeError(f"{process.args!r} did not start:\n{log()}")
        time.sleep(_POLL_SECONDS)


def returns_status(url: str, status: int) -> bool:
    """Return whether a GET returns this status."""
    try:
        with urlopen(url, timeout=_PATIENCE_SECONDS) as response:
            return bool(response.status == status)
    except (URLError, OSError):
        return False

"""Process environments with a wrong clock, as on a host without time synchronisation."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

_LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"


def false_clock(seconds: int) -> dict[str, str]:
    """Return variables under which a program's wall clock is ``seconds`` ahead.

    The monotonic clock stays right, as it does on such a host.
    """
    return {
        "LD_PRELOAD": str(_library()),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


class SteppingClock:
    """A wall clock that is set while programs run, as by an administrator or a hypervisor."""

    def __init__(self, file: Path) -> None:
        """Start with the right time; programs read the offset in seconds from ``file``."""
        self._file = file
        self.step(0)

    def step(self, seconds: int) -> None:
        """Set the clock this many seconds ahead of the right time."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}s\n")
        beside.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the programs that have this clock."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@cache
def can_falsify() -> bool:
    """Return whether the library works here: it is built for one platform."""
    finished = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=false_clock(3600),
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode == 0 and float(finished.stdout) > time.time() + 3000


def _library() -> Path:
    spec = importlib.util.find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / _LIBRARY

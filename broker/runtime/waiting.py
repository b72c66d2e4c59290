"""Lines on stderr about work that takes long, so that a person who waits sees what is done."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENT_SECONDS = 2.0
"""After which the first line is printed."""
_REPEATED_SECONDS = 15.0


def no_step(_text: str) -> None:
    """Report nothing."""


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """Print ``text`` if the block takes more than two seconds, and again every 15 seconds.

    The block receives a function that replaces the text by that of its next step, which is then
    printed at once. Nothing is printed of a block that is faster.
    """
    report = _Report(text)
    thread = threading.Thread(target=report.run, name="waiting", daemon=True)
    thread.start()
    try:
        yield report.step
    finally:
        report.ended.set()
        thread.join()


class _Report:
    def __init__(self, text: str) -> None:
        self.ended = threading.Event()
        self._text = text
        self._begin = time.monotonic()
        self._lock = threading.Lock()
        self._is_printed = False

    def step(self, text: str) -> None:
        with self._lock:
            self._text = text
            if self._is_printed:
                self._print("")

    def run(self) -> None:
        if self.ended.wait(SILENT_SECONDS):
            return
        with self._lock:
            self._is_printed = True
            self._print("")
        while not self.ended.wait(_REPEATED_SECONDS):
            with self._lock:
                self._print(f" ({time.monotonic() - self._begin:.0f} s)")

    def _print(self, suffix: str) -> None:
        print(f"{self._text} …{suffix}", file=sys.stderr, flush=True)  # noqa: T201 - for a person

"""Log files that a tool such as logrotate renames: they are opened again on request.

Servers log to stdout and stderr. Where these are files, all processes open them again by name.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from broker.runtime.shared_value import SharedValue

if TYPE_CHECKING:
    from collections.abc import Iterable

STDOUT: Final = 1
STDERR: Final = 2

_CHECK_SECONDS = 0.5
_DESCRIPTORS = Path("/proc/self/fd")


class LogFiles:
    """The files behind some descriptors of this process and of those that it forks later."""

    def __init__(self, descriptors: Iterable[int] = (STDOUT, STDERR)) -> None:
        """Remember the names of the files; pipes and terminals have none."""
        names = {each: _name_of(each) for each in descriptors}
        self._files = {each: path for each, path in names.items() if path is not None}
        self._requests = SharedValue(0)
        self._done = 0

    def __bool__(self) -> bool:
        """Return whether there is any file."""
        return bool(self._files)

    def reopen_everywhere(self) -> None:
        """Open the files again, in this process at once and in others within a second.

        Raises OSError if a file cannot be opened; the previous one stays in use then.
        """
        self._requests.publish(b"")
        self.reopen_if_requested()

    def reopen_if_requested(self) -> None:
        """Open the files again if that was requested since the last time; raise OSError."""
        requested = self._requests.generation
        if requested == self._done:
            return
        try:
            for descriptor, path in self._files.items():
                _reopen(descriptor, path)
        finally:
            # A process forked before this line opens them once more.
            self._done = requested

    def watch(self) -> None:
        """Start a thread that opens the files again when another process requests it."""
        if self._files:
            threading.Thread(target=self._watch, name="log-files", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_CHECK_SECONDS)
            try:
                self.reopen_if_requested()
            except OSError:
                continue  # the requesting process logs it


class _Opened:
    """The log files of this process, which its children share."""

    files: LogFiles | None = None


def open_log_files() -> LogFiles:
    """Return the log files of this process, before others are forked from it."""
    _Opened.files = LogFiles()
    return _Opened.files


def watch_log_files() -> None:
    """Open the log files again in this process, and in those forked later, on request."""
    if _Opened.files is not None:
        _Opened.files.watch()
        # Threads are not inherited.
        os.register_at_fork(after_in_child=_Opened.files.watch)


def _name_of(descriptor: int) -> Path | None:
    """Return the present name of an open file, if it has one and the system can tell it."""
    try:
        status = os.fstat(descriptor)
        path = (_DESCRIPTORS / str(descriptor)).readlink()
        if stat.S_ISREG(status.st_mode) and os.path.samestat(status, path.stat()):
            return path
    except OSError:
        pass
    return None


def _reopen(descriptor: int, path: Path) -> None:
    # Each process writes at the end, where others have written.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    opened = os.open(path, flags, stat.S_IMODE(os.fstat(descriptor).st_mode))
    try:
        os.dup2(opened, descriptor)
    finally:
        os.close(opened)

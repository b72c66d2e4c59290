"""Certificates, trusted CAs and log files that are replaced while the server runs.

The supervisor reads changed files within a second. SIGHUP to the supervisor does it at once, and
opens the log files again; the listeners ignore SIGHUP.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import structlog

from broker.logs.log_files import open_log_files
from broker.runtime.watched_files import Outcome, published_files

if TYPE_CHECKING:
    from types import FrameType

_SIGNAL_SECONDS = 0.1
_FILES_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Reloading:
    """Follows the published files and SIGHUP, in a thread of the supervisor."""

    def __init__(self) -> None:
        """Handle SIGHUP from now on; call it before listeners are forked."""
        self._log_files = open_log_files()
        self._requested = self._handled = 0
        self._due = 0.0
        signal.signal(signal.SIGHUP, self._request)

    def start(self) -> None:
        """Start the thread; call it after the listeners were forked."""
        threading.Thread(target=self._follow, name="reloading", daemon=True).start()

    def check(self) -> None:
        """Use changed files; after SIGHUP, reload everything and log a line that says so."""
        if self._requested != self._handled:
            self._reload()
        elif time.monotonic() >= self._due:
            for each in published_files():
                each.refresh(patiently=True)
            self._due = time.monotonic() + _FILES_SECONDS

    def _reload(self) -> None:
        self._handled = self._requested
        log_file = self._reopen_log_files()
        outcomes = {each.name: str(each.refresh()) for each in published_files()}
        log = _log.warning if Outcome.REFUSED in outcomes.values() else _log.info
        log(
            "SIGHUP: reloaded certificates, trusted CAs and log file", log_file=log_file, **outcomes
        )

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self._requested += 1

    def _follow(self) -> None:
        while True:
            time.sleep(_SIGNAL_SECONDS)
            try:
                self.check()
            except Exception as error:  # noqa: BLE001 - later changes must be followed
                _log.exception("reloading failed", error=type(error).__name__)

    def _reopen_log_files(self) -> str:
        """Return what became of the log files."""
        try:
            self._log_files.reopen_everywhere()
        except OSError as error:
            _log.warning("the log file cannot be opened again", error=error.strerror)
            return "refused"
        return "reopened" if self._log_files else "none"

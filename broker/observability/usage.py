"""Counts who uses which credential, and has it written down every few seconds (D-22)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from broker.credentials.usage import UsageCounts
from broker.errors import BrokerError
from broker.runtime.deadline import clear_deadline, set_deadline
from broker.runtime.draining import is_draining, wait_for_draining

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from broker.authentication.client import AuthenticatedClient
    from broker.clock import Clock
    from broker.credentials.usage import Usage
    from broker.errors import AuthenticationFailed

_log = structlog.get_logger(__name__)

_WRITE_SECONDS = 5.0
"""How long one writing may wait for locks."""

_LAST_ATTEMPTS = 50
_PAUSE_SECONDS = 0.02


class UsageRecorder:
    """Observes the token service. A worker that is killed loses ``interval`` seconds at most."""

    def __init__(
        self,
        write: Callable[[Mapping[int, Usage]], Mapping[int, Usage]],
        begin_day: Callable[[date], None],
        clock: Clock,
        interval: float,
    ) -> None:
        """``write`` returns what it could not write, or raises BrokerError.

        ``begin_day`` is told each day in UTC once, after the first writing; it may raise
        BrokerError.
        """
        self._write = write
        self._begin_day = begin_day
        self._today: date | None = None
        self._clock = clock
        self._interval = interval
        self._counts = UsageCounts()
        self._writing = threading.Lock()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None

    def accepted(self, client: AuthenticatedClient) -> None:
        """Count the use of this credential."""
        self._counts.accept(
            client.credential_id,
            self._clock.now(),
            by_previous_secret=client.by_previous_secret,
        )
        self._see_to_writing()

    def refused(self, error: AuthenticationFailed) -> None:
        """Count the refusal, if it was of a credential that exists."""
        if error.credential_id is not None:
            self._counts.refuse(error.credential_id, self._clock.now())
            self._see_to_writing()

    def rejected(self, code: str) -> None:
        """Pass over it: the credential was right, or there was none."""

    def issued(self, grant_type: str, client: AuthenticatedClient) -> None:
        """Pass over it: the use was counted when the client was accepted."""

    def write_down(self) -> None:
        """Write what was counted so far; what cannot be written is kept for the next time."""
        with self._writing:
            self._write_counts()
        self._note_day()

    def _write_all(self) -> None:
        """Write at the end of the server, when there is no next time."""
        with self._writing:
            for _ in range(_LAST_ATTEMPTS):
                if not self._write_counts():
                    return
                # Other workers write the same rows now; each lets go of them quickly.
                time.sleep(_PAUSE_SECONDS)

    def _write_counts(self) -> bool:
        """Write once; tell whether anything is left that another attempt may write."""
        taken = self._counts.take()
        if not taken:
            return False
        set_deadline(_WRITE_SECONDS)
        try:
            left = self._write(taken)
        except BrokerError as error:
            _log.warning("use of credentials not written", error=str(error))
            self._counts.put_back(taken)
            return False
        finally:
            clear_deadline()
        self._counts.put_back(left)
        return bool(left)

    def _note_day(self) -> None:
        today = self._clock.now().date()
        if today == self._today:
            return
        # Once, whatever comes of it: housekeeping tries again every hour.
        self._today = today
        try:
            self._begin_day(today)
        except BrokerError as error:
            _log.warning("number of credentials not written", error=str(error))

    def _see_to_writing(self) -> None:
        if self._writer is None:
            self._start()
        # The last requests of a server that stops: nobody knows how long the writer still lives.
        if is_draining():
            self._write_all()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._run, name="usage", daemon=True)
                self._writer.start()

    def _run(self) -> None:
        while not wait_for_draining(self._interval):
            self.write_down()
        self._write_all()

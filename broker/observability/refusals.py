"""Counts of failed authentications, on their way to the audit trail (D-23).

Anybody can fail as often as he likes, so there is one row per minute, source and reason, and a
bound for the sources of a minute.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from broker.authentication.refused_attempts import RefusedAttempts
from broker.errors import BrokerError
from broker.runtime.draining import wait_for_draining

if TYPE_CHECKING:
    from broker.authentication.refused_attempts import RefusalTrail
    from broker.clock import Clock
    from broker.errors import AuthenticationFailed

OTHERS = "others"
"""The source that stands for all those past the bound."""

_LONGEST = 64
_MAX_PER_FLUSH = 100
_PAUSE_SECONDS = 10.0
_PAUSE_WHILE_DRAINING = 0.2

_log = structlog.get_logger(__name__)


class RefusalCounts:
    """Collects counts in memory, and hands them over from a thread of its own."""

    def __init__(self, trail: RefusalTrail, clock: Clock) -> None:
        """Nothing runs before the first refusal."""
        self._trail = trail
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, str, str], tuple[str, int]] = {}
        self._thread: threading.Thread | None = None

    def refused(self, error: AuthenticationFailed, address: str, client_id: str) -> None:
        """Count an attempt: of the credential it tried if there is one, else of the address."""
        minute = self._clock.now().replace(second=0, microsecond=0)
        tried = error.credential_id
        source = f"address {address}" if tried is None else f"credential {tried:x}"
        key = (minute, source[:_LONGEST], error.reason[:_LONGEST])
        with self._lock:
            if key not in self._counts and len(self._counts) >= _MAX_PER_FLUSH:
                key, client_id = (minute, OTHERS, ""), ""
            first, attempts = self._counts.get(key, (client_id, 0))
            self._counts[key] = first, attempts + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._hand_over, daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Hand over what was collected; what the store does not take now is lost."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        # In one order everywhere, so that no two processes wait for each other.
        refused = [RefusedAttempts(*key, *value) for key, value in sorted(counts.items())]
        try:
            self._trail.add(refused)
        except BrokerError as error:
            _log.warning("counts of refusals lost", error=type(error).__name__, rows=len(counts))

    def _hand_over(self) -> None:
        while True:
            is_draining = wait_for_draining(_PAUSE_SECONDS)
            self.flush()
            if is_draining:
                time.sleep(_PAUSE_WHILE_DRAINING)

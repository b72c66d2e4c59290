"""Counts of failed authentications, on their way to the audit trail (D-23).

Clients can fail as often as they like, so there is one row per minute, source and reason, and a
bound for the sources of a minute.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from broker.authentication.refused_attempts import RefusedAttempts
from broker.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.authentication.refused_attempts import RefusalTrail
    from broker.clock import Clock
    from broker.errors import AuthenticationFailed

OTHERS = "others"
"""The source that stands for all those past the bound."""

_MAX_TEXT = 64
_MAX_PER_FLUSH = 100

_log = structlog.get_logger(__name__)


class RefusalCounts:
    """Collects counts in memory; ``flush`` adds them to the trail."""

    def __init__(self, trail: RefusalTrail, clock: Clock, on_count: Callable[[], None]) -> None:
        """``on_count`` is called after each count."""
        self._trail = trail
        self._clock = clock
        self._on_count = on_count
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, str, str], tuple[str, int]] = {}

    def refused(self, error: AuthenticationFailed, address: str, client_id: str) -> None:
        """Count an attempt: of the credential it tried if there is one, else of the address."""
        minute = self._clock.now().replace(second=0, microsecond=0)
        tried = error.credential_id
        source = f"address {address}" if tried is None else f"credential {tried:x}"
        key = (minute, source[:_MAX_TEXT], error.reason[:_MAX_TEXT])
        with self._lock:
            if key not in self._counts and len(self._counts) >= _MAX_PER_FLUSH:
                key, client_id = (minute, OTHERS, ""), ""
            first, attempts = self._counts.get(key, (client_id, 0))
            self._counts[key] = first, attempts + 1
        self._on_count()

    def flush(self) -> bool:
        """Add what was collected to the trail; what the store does not take now is lost.

        Returns False: another call has nothing to complete.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
        if counts:
            # In one order everywhere, so that no two processes wait for each other.
            refused = [RefusedAttempts(*key, *value) for key, value in sorted(counts.items())]
            try:
                self._trail.add(refused)
            except BrokerError as error:
                _log.warning(
                    "counts of refusals lost", error=type(error).__name__, rows=len(counts)
                )
        return False

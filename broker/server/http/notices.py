"""What operators learn of refused requests and ended connections."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class Notices:
    """Counts each event, and logs a warning of each kind at most once a minute."""

    def __init__(
        self, count: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``count`` receives the name of an event, for the metrics."""
        self._count = count
        self._clock = clock
        self._warned_at: dict[str, float] = {}

    def count(self, event: str) -> None:
        """Count an event that one client causes and notices."""
        self._count(event)

    def warn(self, event: str, message: str, **values: Any) -> None:
        """Count an event that affects other clients, and log it."""
        self._count(event)
        now = self._clock()
        if now - self._warned_at.get(event, -math.inf) >= _SECONDS:
            self._warned_at[event] = now
            _log.warning(message, **values)

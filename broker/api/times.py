"""Times in the JSON of ``/sap/rest``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def shown_time(time: datetime) -> str:
    """Return a time in UTC as ISO 8601 with milliseconds and the offset."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+00:00"

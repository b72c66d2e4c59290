"""Who causes an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a platform, the user it names, and the request's correlation id."""

    platform: str
    identity: Mapping[str, Any] | None = None
    correlation_id: str = ""

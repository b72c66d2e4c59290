"""An audit event in a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An audit event from a log line."""

    at: datetime
    action: str
    instance_id: str
    binding_id: str
    subject_id: str
    details: Mapping[str, Any]
    subject_kind: str = ""
    zone_guid: str = ""

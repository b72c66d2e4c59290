"""An audit event in a log."""

from __future__ import annotations

import json
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

    @property
    def key(self) -> tuple[object, ...]:
        """What equals for the log line and the row of one event; older lines lack the kind."""
        return (
            self.at,
            self.action,
            self.instance_id,
            self.binding_id,
            self.subject_id,
            self.zone_guid,
            json.dumps(self.details, sort_keys=True, default=str),
        )

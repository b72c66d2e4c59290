"""What a restored database must lose: everything that was taken away since the backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.errors import InvalidRequest
from broker.instances.audit import Action


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A line of the audit log."""

    at: datetime
    action: str
    instance_id: str
    binding_id: str
    detail: str


@dataclass(slots=True)
class Reconciliation:
    """What is to be done."""

    bindings: set[tuple[str, str]] = field(default_factory=set)
    """Instance and binding ids to delete."""
    instances: set[str] = field(default_factory=set)
    """Instances to delete."""
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What instances list now."""
    secrets: set[str] = field(default_factory=set)
    """Instances whose instance secret was replaced: the one in the backup ends."""

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.bindings or self.instances or self.types or self.secrets)


TYPES_DETAIL = "credential-types: "


def event_of(line: Mapping[str, Any]) -> LoggedEvent | None:
    """Return the event in a line of the log, None if the line is about something else."""
    if line.get("event") != "audit":
        return None
    at = datetime.fromisoformat(str(line["timestamp"]))
    return LoggedEvent(
        at,
        str(line["action"]),
        str(line.get("instance_id", "")),
        str(line.get("binding_id", "")),
        str(line.get("detail", "")),
    )


def from_log(
    events: Iterable[LoggedEvent], backup_at: datetime, *, may_have_gaps: bool = False
) -> Reconciliation:
    """Return what the log says was taken away after ``backup_at``, the backup's last event.

    Raises InvalidRequest when the log begins later than that: what it lacks could be a deletion.
    """
    ordered = sorted(events, key=lambda event: event.at)
    if not may_have_gaps and (not ordered or ordered[0].at > backup_at):
        begins = f"begins at {ordered[0].at:%Y-%m-%d %H:%M:%S}Z" if ordered else "has no audit line"
        raise InvalidRequest.at(
            "log",
            f"{begins}; the last event of the backup is of {backup_at:%Y-%m-%d %H:%M:%S}Z",
            "a log that reaches back to it, or --incomplete-log",
        )
    plan = Reconciliation()
    for event in ordered:
        if event.at <= backup_at:
            continue
        match event.action:
            case Action.UNBIND:
                plan.bindings.add((event.instance_id, event.binding_id))
            case Action.DEPROVISION:
                plan.instances.add(event.instance_id)
            case Action.UPDATE if event.detail.startswith(TYPES_DETAIL):
                types = event.detail.removeprefix(TYPES_DETAIL).split(", ")
                plan.types[event.instance_id] = tuple(types)
            case Action.ROTATE_SECRET:
                plan.secrets.add(event.instance_id)
    return plan


def from_bindings(existing: Iterable[tuple[str, str]], listed: set[str]) -> Reconciliation:
    """Return what the platform's list of binding ids does not know any more."""
    gone = {(instance, binding) for instance, binding in existing if binding not in listed}
    return Reconciliation(bindings=gone)

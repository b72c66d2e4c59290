"""Plans the reconciliation: which deletions and revocations since the backup to repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from broker.audit.event import Action, Outcome
from broker.audit.older import older_details, older_subject
from broker.clock import utc_text
from broker.errors import InvalidRequest
from broker.recovery.collection_changes import CollectionChanges
from broker.recovery.logged_event import LoggedEvent
from broker.recovery.user_changes import UserChanges


@dataclass(frozen=True, slots=True)
class RestoredBinding:
    """A binding in the restored database."""

    platform: str
    instance_id: str
    binding_id: str


@dataclass(slots=True)
class Reconciliation:
    """The changes since the backup that must be repeated."""

    bindings: set[tuple[str, str]] = field(default_factory=set)
    """Instance and binding ids to delete."""
    instances: set[str] = field(default_factory=set)
    """Ids of instances to delete."""
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The last credential types of instances, by instance id."""
    secrets: set[str] = field(default_factory=set)
    """Ids of instances with a rotated instance secret: the secret in the backup is deleted."""
    previous_secrets: set[str] = field(default_factory=set)
    """Ids of instances whose previous secret was revoked."""
    clients: Counter[str] = field(default_factory=Counter)
    """Ids of clients that revoked all their tokens, with the number of revocations."""
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Ids of revoked tokens, each with its client's id and its latest possible expiry."""
    signing_keys: list[LoggedEvent] = field(default_factory=list)
    """Revocations of signing keys, which the operator repeats: another key may sign by now."""
    users: UserChanges = field(default_factory=UserChanges)
    """Changes of users, identity providers and approvals, and all changes to report."""
    collections: CollectionChanges = field(default_factory=CollectionChanges)
    """Withdrawals of role collections and custom roles."""


_MAX_TOKEN_VALIDITY = timedelta(days=1)
"""The log does not contain the expiry of a revoked token."""
_CUT_OFF = frozenset({"cut_off", "cut off"})
"""The audit trail replaces long details by one of these; logs contain them whole."""


def event_of(line: Mapping[str, Any]) -> LoggedEvent | None:
    """Return the audit event of a log line; None for other lines and refused operations."""
    if line.get("event") != "audit" or line.get("outcome") == Outcome.REFUSED:
        return None
    # "timestamp" is the host's time of the log line, slightly later than the event.
    at = datetime.fromisoformat(str(line.get("at") or line["timestamp"]))
    instance_id, binding_id = str(line.get("instance_id", "")), str(line.get("binding_id", ""))
    if "actor" not in line:
        identity = line.get("identity")
        identity = identity if isinstance(identity, Mapping) else {}
        subject_id = older_subject(instance_id, binding_id, identity).id
        details = older_details(str(line.get("detail", "")), identity)
        kind = zone_guid = ""
    else:
        subject_id, details = str(line["subject"]["id"]), dict(line["details"])
        kind, zone_guid = str(line["subject"].get("kind", "")), str(line.get("zone", ""))
    action = str(line["action"])
    return LoggedEvent(at, action, instance_id, binding_id, subject_id, details, kind, zone_guid)


def from_log(
    events: Iterable[LoggedEvent], backup_at: datetime, *, may_have_gaps: bool = False
) -> Reconciliation:
    """Return the deletions and revocations after ``backup_at``, the backup's last event.

    An event that is in several logs, or in a log and in the audit trail, is used once.

    Raises InvalidRequest if the log begins later, because it may lack deletions; not with
    ``may_have_gaps``.
    """
    ordered = sorted(events, key=lambda event: event.at)
    if not may_have_gaps:
        _require_reaching_back(ordered, backup_at)
    plan = Reconciliation()
    for event in _unique(ordered):
        if event.at > backup_at:
            _plan(plan, event)
    return plan


def _unique(events: Iterable[LoggedEvent]) -> Iterator[LoggedEvent]:
    seen = set()
    for event in events:
        if event.key not in seen:
            seen.add(event.key)
            yield event


def _require_reaching_back(ordered: Sequence[LoggedEvent], backup_at: datetime) -> None:
    if not ordered or ordered[0].at > backup_at:
        begins = f"begins at {utc_text(ordered[0].at)}" if ordered else "has no audit events"
        raise InvalidRequest.at(
            "log",
            f"{begins}; the last event of the backup is at {utc_text(backup_at)}",
            "a log that begins before it, or --incomplete-log",
        )


def _plan(plan: Reconciliation, event: LoggedEvent) -> None:
    match event.action:
        case Action.UNBIND:
            plan.bindings.add((event.instance_id, event.binding_id))
        case Action.DEPROVISION:
            plan.instances.add(event.instance_id)
        case Action.UPDATE:
            _plan_update(plan, event)
        case Action.ROTATE_SECRET:
            plan.secrets.add(event.instance_id)
        case Action.REVOKE_PREVIOUS_SECRET:
            plan.previous_secrets.add(event.instance_id)
        case Action.REVOKE_TOKENS:
            _plan_revocation(plan, event)
        case Action.REVOKE_SIGNING_KEY:
            plan.signing_keys.append(event)
        case Action.DELETE_ROLE_COLLECTION:
            plan.collections.add(event)
            plan.users.end_assignments(event.zone_guid, [event.subject_id])
        case _ if not plan.collections.add(event):
            plan.users.add(event)


def _plan_update(plan: Reconciliation, event: LoggedEvent) -> None:
    if "credential_types" in event.details:
        plan.types[event.instance_id] = tuple(event.details["credential_types"])
    plan.users.end_assignments(event.zone_guid, plan.collections.drop(event))
    if not _CUT_OFF.isdisjoint(event.details):
        plan.users.reported.append(event)


def _plan_revocation(plan: Reconciliation, event: LoggedEvent) -> None:
    client_id = event.subject_id
    if event.details.get("all_tokens"):
        plan.clients[client_id] += 1
    elif token_id := event.details.get("token_id"):
        plan.tokens[str(token_id)] = client_id, event.at + _MAX_TOKEN_VALIDITY


def from_bindings(existing: Iterable[RestoredBinding], listed: set[str]) -> Reconciliation:
    """Return the deletion of the ``existing`` bindings that the platforms no longer list."""
    gone = {
        (each.instance_id, each.binding_id) for each in existing if each.binding_id not in listed
    }
    return Reconciliation(bindings=gone)

"""Changes of users since a backup: withdrawals to repeat, and all others to report (D-59)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.audit.event import Action, SubjectKind
from broker.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.recovery.logged_event import LoggedEvent

_REPORTED = frozenset({SubjectKind.ROLE_COLLECTION, SubjectKind.ROLE, SubjectKind.PROVIDER})
_REPORTED_ACTIONS = frozenset({Action.CHANGE_ZONE, Action.CREATE_USER, Action.UPDATE_USER})


@dataclass(slots=True)
class UserChanges:
    """The changes by the ids of their users; the last one of each kind decides."""

    deleted: dict[str, LoggedEvent] = field(default_factory=dict)
    deactivated: dict[str, LoggedEvent] = field(default_factory=dict)
    unassigned: dict[tuple[str, str], LoggedEvent] = field(default_factory=dict)
    """By user id and name of the role collection."""
    assigned: dict[tuple[str, str], LoggedEvent] = field(default_factory=dict)
    passwords: dict[str, LoggedEvent] = field(default_factory=dict)
    providers: dict[tuple[str, str], LoggedEvent] = field(default_factory=dict)
    """Deleted identity providers, by GUID of the zone and origin."""
    switched_off: dict[tuple[str, str], LoggedEvent] = field(default_factory=dict)
    """Inactive identity providers, by GUID of the zone and origin."""
    approvals: dict[str, LoggedEvent] = field(default_factory=dict)
    """Revoked approvals, by the id of the application."""
    reported: list[LoggedEvent] = field(default_factory=list)

    def add(self, event: LoggedEvent) -> None:
        """Add an event; events are added in the order of their times."""
        user_id = event.subject_id
        assignment = user_id, str(event.details.get("collection", ""))
        match event.action:
            case Action.DELETE_USER:
                self._add_deletion(event)
            case Action.DEACTIVATE_USER:
                self.deactivated[user_id] = event
            case Action.ACTIVATE_USER:
                self.deactivated.pop(user_id, None)
            case Action.UNASSIGN_ROLE_COLLECTION:
                self.assigned.pop(assignment, None)
                self.unassigned[assignment] = event
            case Action.ASSIGN_ROLE_COLLECTION:
                self.unassigned.pop(assignment, None)
                self.assigned[assignment] = event
            case Action.SET_PASSWORD:
                self.passwords[user_id] = event
            case _:
                self._add_other(event)

    def _add_switch(self, event: LoggedEvent) -> None:
        provider = event.zone_guid, event.subject_id
        if _changed(event)["is_active"]:
            self.switched_off.pop(provider, None)
        else:
            self.switched_off[provider] = event
        if len(_changed(event)) > 1:
            self.reported.append(event)

    def _add_deletion(self, event: LoggedEvent) -> None:
        user_id = event.subject_id
        self.deleted[user_id] = event
        self.passwords.pop(user_id, None)
        self.assigned = {key: each for key, each in self.assigned.items() if key[0] != user_id}
        self.reported = [
            each
            for each in self.reported
            if (each.subject_kind, each.subject_id) != (SubjectKind.USER, user_id)
        ]

    def end_assignments(self, zone_guid: str, collections: Collection[str]) -> None:
        """Report no assignment so far of these collections, which were deleted."""
        self.assigned = {
            key: each
            for key, each in self.assigned.items()
            if each.zone_guid != zone_guid or key[1] not in collections
        }

    def _add_other(self, event: LoggedEvent) -> None:
        match event.action:
            case Action.DELETE_PROVIDER:
                self.providers[event.zone_guid, event.subject_id] = event
            case Action.CHANGE_PROVIDER if "is_active" in _changed(event):
                self._add_switch(event)
            case Action.REVOKE_APPROVAL:
                self.approvals[event.subject_id] = event
            case Action.APPROVE_APPLICATION:
                self.approvals.pop(event.subject_id, None)
            case Action.CREATE_USER | Action.UPDATE_USER if event.details.get("at_logon"):
                pass  # the next logon repeats it
            case _ if event.subject_kind in _REPORTED or event.action in _REPORTED_ACTIONS:
                self.reported.append(event)

    def withdrawals(self) -> Iterator[str]:
        """Yield a sentence for each withdrawal to repeat."""
        for event in self.deleted.values():
            yield f"Delete {_user(event)}, if it exists."
        for event in self.deactivated.values():
            yield f"Deactivate {_user(event)}, if it exists."
        for (_, collection), event in self.unassigned.items():
            yield f"Take role collection {collection} from {_user(event)}, if it is assigned."
        for guid, origin in self.providers:
            yield f"Delete identity provider {origin} of zone {guid} with its users, if it exists."
        for guid, origin in self.switched_off:
            yield f"Switch identity provider {origin} of zone {guid} off, if it is active."
        for application in self.approvals:
            yield f"Revoke the approval of {application}, if it is approved."

    def reports(self) -> Iterator[str]:
        """Yield a sentence for each change that an administrator has to repeat or to check."""
        for (_, collection), event in self.assigned.items():
            yield (
                f"Role collection {collection} was assigned to {_user(event)} at {_time(event)};"
                " assign it again if the backup lacks it."
            )
        for event in self.passwords.values():
            yield (
                f"The password of {_user(event)} was set at {_time(event)}; the password of the"
                " backup is valid again. Set a new one with users set-password."
            )
        for event in self.reported:
            yield (
                f"The {_subject(event)} was changed ({event.action}) at {_time(event)}; check it."
            )


def _changed(event: LoggedEvent) -> Mapping[str, Any]:
    changed = event.details.get("changed")
    return changed if isinstance(changed, Mapping) else {}


def _user(event: LoggedEvent) -> str:
    name, origin = event.details.get("name"), event.details.get("origin")
    return f"user {name} ({origin}, id {event.subject_id})" if name else f"user {event.subject_id}"


def _subject(event: LoggedEvent) -> str:
    if event.subject_kind == SubjectKind.ZONE:
        return f"zone {event.subject_id}"
    is_user = event.subject_kind == SubjectKind.USER
    named = _user(event) if is_user else f"{event.subject_kind} {event.subject_id}"
    return f"{named} of zone {event.zone_guid}"


def _time(event: LoggedEvent) -> str:
    return utc_text(event.at)

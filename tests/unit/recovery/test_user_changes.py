"""Changes of users since a backup, from log lines (D-59)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from broker.recovery.reconcile import Reconciliation, event_of, from_log

BACKUP = datetime(2026, 1, 1, tzinfo=UTC)


def line(action: str, subject: str, kind: str = "user", **details: Any) -> dict[str, Any]:
    return {
        "event": "audit",
        "action": action,
        "outcome": "done",
        "zone": "zone-guid",
        "actor": {"kind": "command-line", "id": "operator"},
        "subject": {"kind": kind, "id": subject},
        "details": details,
    }


def planned(*lines: dict[str, Any]) -> Reconciliation:
    events = []
    for minute, each in enumerate(lines):
        event = event_of({**each, "at": f"2026-01-02T00:{minute:02}:00+00:00"})
        assert event
        events.append(event)
    return from_log(events, BACKUP, may_have_gaps=True)


ANNA = {"name": "anna", "origin": "corp"}


def test_withdrawals_are_repeated_and_listed() -> None:
    users = planned(
        line("deactivate-user", "u-1", **ANNA),
        line("delete-user", "u-2", name="berta", origin="sap.default"),
        line("unassign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("delete-provider", "corp", "identity-provider"),
        line("change-provider", "partner", "identity-provider", changed={"is_active": False}),
        line("revoke-approval", "sb-app!t1", "application"),
    ).users
    assert list(users.withdrawals()) == [
        "Delete user berta (sap.default, id u-2), if it exists.",
        "Deactivate user anna (corp, id u-1), if it exists.",
        "Take role collection Readers from user anna (corp, id u-1), if it is assigned.",
        "Delete identity provider corp of zone zone-guid with its users, if it exists.",
        "Switch identity provider partner of zone zone-guid off, if it is active.",
        "Revoke the approval of sb-app!t1, if it is approved.",
    ]
    assert list(users.reports()) == []


def test_a_later_grant_supersedes_a_withdrawal() -> None:
    users = planned(
        line("deactivate-user", "u-1", **ANNA),
        line("activate-user", "u-1", **ANNA),
        line("unassign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("assign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("change-provider", "partner", "identity-provider", changed={"is_active": False}),
        line("change-provider", "partner", "identity-provider", changed={"is_active": True}),
        line("revoke-approval", "sb-app!t1", "application"),
        line("approve-application", "sb-app!t1", "application"),
    ).users
    assert list(users.withdrawals()) == []
    [report] = users.reports()
    assert report.startswith("Role collection Readers was assigned to user anna (corp, id u-1) at")


def test_changed_passwords_and_collections_are_reported() -> None:
    users = planned(
        line("set-password", "u-1", name="anna", origin="sap.default"),
        line("unmap-role-collection", "Readers", "role-collection"),
        line("change-provider", "corp", "identity-provider"),
    ).users
    password, collection, provider = users.reports()
    assert "user anna (sap.default, id u-1) was set at 2026-01-02T00:00:00Z" in password
    assert "role-collection Readers of zone zone-guid" in collection
    assert "(change-provider)" in provider


def test_changed_users_and_zones_are_reported() -> None:
    users = planned(
        line("create-user", "u-1", **ANNA),
        line("update-user", "u-1", **ANNA, changed={"email": "a@example.org"}),
        line("change-zone", "zone-guid", "zone", changed={"default_idp": "corp"}),
        line("create-user", "u-2", at_logon=True),
        line("update-user", "u-2", at_logon=True),
        line("create-zone", "zone-guid", "zone"),
    ).users
    assert list(users.withdrawals()) == []
    assert list(users.reports()) == [
        (
            "The user anna (corp, id u-1) of zone zone-guid was changed (create-user) at"
            " 2026-01-02T00:00:00Z; check it."
        ),
        (
            "The user anna (corp, id u-1) of zone zone-guid was changed (update-user) at"
            " 2026-01-02T00:01:00Z; check it."
        ),
        "The zone zone-guid was changed (change-zone) at 2026-01-02T00:02:00Z; check it.",
    ]


def test_assignments_of_a_deleted_collection_are_not_reported() -> None:
    other_zone = line("assign-role-collection", "u-2", collection="Readers") | {"zone": "other"}
    users = planned(
        line("assign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("assign-role-collection", "u-1", **ANNA, collection="Writers"),
        line("assign-role-collection", "u-1", **ANNA, collection="Editors"),
        other_zone,
        line("delete-role-collection", "Readers", "role-collection"),
        line("update", "i", "service-instance", dropped_role_collections=["Writers"]),
    ).users
    assert set(users.assigned) == {("u-1", "Editors"), ("u-2", "Readers")}


def test_nothing_is_reported_about_a_deleted_user() -> None:
    users = planned(
        line("create-user", "u-1", **ANNA),
        line("update-user", "u-1", **ANNA),
        line("set-password", "u-1", **ANNA),
        line("assign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("delete-user", "u-1", **ANNA),
    ).users
    assert list(users.reports()) == []
    assert set(users.deleted) == {"u-1"}

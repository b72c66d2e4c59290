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
        line("update-user", "u-1", **ANNA),
    ).users
    password, collection, provider = users.reports()
    assert "user anna (sap.default, id u-1) was set at 2026-01-02 00:00:00Z" in password
    assert "role-collection Readers of zone zone-guid" in collection
    assert "(change-provider)" in provider


def test_nothing_is_reported_about_a_deleted_user() -> None:
    users = planned(
        line("set-password", "u-1", **ANNA),
        line("assign-role-collection", "u-1", **ANNA, collection="Readers"),
        line("delete-user", "u-1", **ANNA),
    ).users
    assert list(users.reports()) == []
    assert set(users.deleted) == {"u-1"}

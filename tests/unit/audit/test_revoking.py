"""Every action is classified: whether a database put back from a copy undoes it (D-62)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent, Outcome
from broker.audit.revoking import revokes

NOW = datetime(2030, 1, 1, tzinfo=UTC)

REVOKING = {
    "update",  # de-lists types, removes scopes, grants and redirect URIs
    "deprovision",
    "unbind",
    "rotate-secret",
    "revoke-previous-secret",
    "revoke-tokens",
    "dissolve-pins",
    "move-instance",
    "rotate-signing-key",
    "revoke-signing-key",
    "rotate-authority",
    "rotate-data-keys",
    "reseal-data",
    "retire-data-keys",
    "bind-owners",  # refuses values from before
    "change-role",  # may take attribute values away
    "replace-master-key",
    "lock-database",
    "unlock-database",
    "reconcile-database",
    "repair-database",
    "update-user",
    "deactivate-user",
    "delete-user",
    "log-out",
    "end-sessions",
    "withdraw-consent",
    "create-password-link",  # replaces the one before
    "set-password",
    "assign-role-collection",  # may end earlier than the assignment before
    "unassign-role-collection",
    "change-provider",
    "delete-provider",
    "approve-application",  # may approve fewer scopes than before
    "revoke-approval",
    "restrict-instances",
    "change-zone",
    "change-role-collection",
    "delete-role-collection",
    "unmap-role-collection",
    "import-role-collections",
    "delete-role",
}
OTHERS = {
    "provision",
    "bind",
    "read-credentials",
    "release-name",
    "place-instances",
    "create-zone",
    "create-signing-key",
    "purge-signing-keys",  # retired ones
    "create-authority",
    "create-data-keys",
    "purge-private-keys",  # of expired certificates
    "upgrade-database",
    "complete-instances",
    "fill-grant-types",
    "approve-instances",
    "prune-audit",
    "create-user",
    "activate-user",
    "export-user",
    "log-in",
    "give-consent",
    "map-role-collection",
    "create-provider",
    "create-built-in-applications",
    "create-role-collection",
    "create-role",
}


def event(action: Action | str, outcome: Outcome = Outcome.DONE) -> AuditEvent:
    return AuditEvent(action, system_actor("test"), DATABASE, NOW, outcome=outcome)


def test_every_action_is_in_one_of_the_lists() -> None:
    assert {str(action) for action in Action} == REVOKING | OTHERS
    assert REVOKING.isdisjoint(OTHERS)


@pytest.mark.parametrize("action", sorted(REVOKING))
def test_an_action_that_may_revoke_counts(action: str) -> None:
    assert revokes(event(Action(action)))
    assert not revokes(event(Action(action), Outcome.REFUSED))


@pytest.mark.parametrize("action", sorted(OTHERS))
def test_an_action_that_only_adds_or_reads_does_not(action: str) -> None:
    assert not revokes(event(Action(action)))


def test_an_action_of_a_later_version_counts() -> None:
    assert revokes(event("end-everything"))

"""Which events revoke something that a database put back from a copy would accept again (D-62)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.audit.event import Action, Outcome

if TYPE_CHECKING:
    from broker.audit.event import AuditEvent

_REVOKES_NOTHING = frozenset(
    {
        Action.PROVISION,
        Action.BIND,
        Action.READ_CREDENTIALS,
        Action.RELEASE_NAME,
        Action.PLACE_INSTANCES,
        Action.CREATE_ZONE,
        Action.CREATE_SIGNING_KEY,
        Action.PURGE_SIGNING_KEYS,
        Action.CREATE_AUTHORITY,
        Action.CREATE_DATA_KEYS,
        Action.PURGE_PRIVATE_KEYS,
        Action.UPGRADE_DATABASE,
        Action.COMPLETE_INSTANCES,
        Action.FILL_GRANT_TYPES,
        Action.APPROVE_INSTANCES,
        Action.PRUNE_AUDIT,
        Action.CREATE_USER,
        Action.ACTIVATE_USER,
        Action.EXPORT_USER,
        Action.LOG_IN,
        Action.GIVE_CONSENT,
        Action.MAP_ROLE_COLLECTION,
        Action.CREATE_PROVIDER,
        Action.CREATE_BUILT_IN,
        Action.CREATE_ROLE_COLLECTION,
        Action.CREATE_ROLE,
    }
)
"""Actions that only add or read something, or delete what has ended before.

All others count as revocations, also those that a later version adds: one too many costs a write to
a file, one too few would not be recognised.
"""


def revokes(event: AuditEvent) -> bool:
    """Return whether the event may revoke a credential, a token, a session or a right."""
    return event.outcome == Outcome.DONE and event.action not in _REVOKES_NOTHING

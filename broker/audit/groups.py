"""Groups of actions, by which the audit trail is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.audit.event import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: Final[Mapping[str, frozenset[Action]]] = {
    "roles": frozenset(
        {
            Action.ASSIGN_ROLE_COLLECTION,
            Action.UNASSIGN_ROLE_COLLECTION,
            Action.CREATE_ROLE_COLLECTION,
            Action.CHANGE_ROLE_COLLECTION,
            Action.DELETE_ROLE_COLLECTION,
            Action.MAP_ROLE_COLLECTION,
            Action.UNMAP_ROLE_COLLECTION,
            Action.IMPORT_ROLE_COLLECTIONS,
            Action.CREATE_ROLE,
            Action.CHANGE_ROLE,
            Action.DELETE_ROLE,
            Action.CREATE_BUILT_IN,
        }
    ),
    "users": frozenset(
        {
            Action.CREATE_USER,
            Action.UPDATE_USER,
            Action.ACTIVATE_USER,
            Action.DEACTIVATE_USER,
            Action.DELETE_USER,
            Action.EXPORT_USER,
            Action.CREATE_PASSWORD_LINK,
            Action.SET_PASSWORD,
        }
    ),
    "logons": frozenset(
        {
            Action.LOG_IN,
            Action.LOG_OUT,
            Action.END_SESSIONS,
            Action.GIVE_CONSENT,
            Action.WITHDRAW_CONSENT,
        }
    ),
    "credentials": frozenset(
        {
            Action.BIND,
            Action.UNBIND,
            Action.READ_CREDENTIALS,
            Action.ROTATE_SECRET,
            Action.REVOKE_PREVIOUS_SECRET,
            Action.REVOKE_TOKENS,
        }
    ),
    "instances": frozenset(
        {
            Action.PROVISION,
            Action.UPDATE,
            Action.DEPROVISION,
            Action.RELEASE_NAME,
            Action.APPROVE_APPLICATION,
            Action.REVOKE_APPROVAL,
        }
    ),
    "settings": frozenset(
        {
            Action.CREATE_ZONE,
            Action.CHANGE_ZONE,
            Action.CREATE_PROVIDER,
            Action.CHANGE_PROVIDER,
            Action.DELETE_PROVIDER,
            Action.MOVE_INSTANCE,
            Action.DISSOLVE_PINS,
        }
    ),
    "keys": frozenset(
        {
            Action.CREATE_SIGNING_KEY,
            Action.ROTATE_SIGNING_KEY,
            Action.REVOKE_SIGNING_KEY,
            Action.PURGE_SIGNING_KEYS,
            Action.CREATE_AUTHORITY,
            Action.ROTATE_AUTHORITY,
            Action.CREATE_DATA_KEYS,
            Action.ROTATE_DATA_KEYS,
            Action.RESEAL_DATA,
            Action.BIND_OWNERS,
            Action.RETIRE_DATA_KEYS,
            Action.REPLACE_MASTER_KEY,
            Action.PURGE_PRIVATE_KEYS,
        }
    ),
    "database": frozenset(
        {
            Action.LOCK_DATABASE,
            Action.UNLOCK_DATABASE,
            Action.RECONCILE_DATABASE,
            Action.REPAIR_DATABASE,
            Action.UPGRADE_DATABASE,
            Action.COMPLETE_INSTANCES,
            Action.FILL_GRANT_TYPES,
            Action.APPROVE_INSTANCES,
            Action.RESTRICT_INSTANCES,
            Action.PLACE_INSTANCES,
            Action.PRUNE_AUDIT,
        }
    ),
}
"""Each action is in one group; no group has the name of an action."""


WITHOUT_ZONE: Final = frozenset({"keys", "database"})
"""Groups whose events belong to no zone."""


def actions_named(text: str) -> frozenset[str]:
    """Return the actions of the group with this name, else the one action."""
    return frozenset(GROUPS.get(text, (text,)))

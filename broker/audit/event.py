"""Audit events: actor, action, subject and outcome; never a secret (D-23)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.audit.actor import Actor


class Action(StrEnum):
    """The recorded actions."""

    PROVISION = "provision"
    UPDATE = "update"
    DEPROVISION = "deprovision"
    BIND = "bind"
    UNBIND = "unbind"
    READ_CREDENTIALS = "read-credentials"
    ROTATE_SECRET = "rotate-secret"  # noqa: S105 - a name
    REVOKE_PREVIOUS_SECRET = "revoke-previous-secret"  # noqa: S105 - a name
    REVOKE_TOKENS = "revoke-tokens"
    RELEASE_NAME = "release-name"
    PLACE_INSTANCES = "place-instances"
    DISSOLVE_PINS = "dissolve-pins"
    CREATE_ZONE = "create-zone"
    MOVE_INSTANCE = "move-instance"
    CREATE_SIGNING_KEY = "create-signing-key"
    ROTATE_SIGNING_KEY = "rotate-signing-key"
    REVOKE_SIGNING_KEY = "revoke-signing-key"
    PURGE_SIGNING_KEYS = "purge-signing-keys"
    CREATE_AUTHORITY = "create-authority"
    ROTATE_AUTHORITY = "rotate-authority"
    CREATE_DATA_KEYS = "create-data-keys"
    ROTATE_DATA_KEYS = "rotate-data-keys"
    RESEAL_DATA = "reseal-data"
    BIND_OWNERS = "bind-owners"
    RETIRE_DATA_KEYS = "retire-data-keys"
    REPLACE_MASTER_KEY = "replace-master-key"
    PURGE_PRIVATE_KEYS = "purge-private-keys"
    LOCK_DATABASE = "lock-database"
    UNLOCK_DATABASE = "unlock-database"
    RECONCILE_DATABASE = "reconcile-database"
    REPAIR_DATABASE = "repair-database"
    UPGRADE_DATABASE = "upgrade-database"
    COMPLETE_INSTANCES = "complete-instances"
    FILL_GRANT_TYPES = "fill-grant-types"
    APPROVE_INSTANCES = "approve-instances"
    PRUNE_AUDIT = "prune-audit"
    CREATE_USER = "create-user"
    UPDATE_USER = "update-user"
    ACTIVATE_USER = "activate-user"
    DEACTIVATE_USER = "deactivate-user"
    DELETE_USER = "delete-user"
    EXPORT_USER = "export-user"
    LOG_IN = "log-in"
    LOG_OUT = "log-out"
    END_SESSIONS = "end-sessions"
    GIVE_CONSENT = "give-consent"
    WITHDRAW_CONSENT = "withdraw-consent"
    CREATE_PASSWORD_LINK = "create-password-link"  # noqa: S105 - a name
    SET_PASSWORD = "set-password"  # noqa: S105 - a name
    ASSIGN_ROLE_COLLECTION = "assign-role-collection"
    UNASSIGN_ROLE_COLLECTION = "unassign-role-collection"
    CHANGE_PROVIDER = "change-provider"
    DELETE_PROVIDER = "delete-provider"
    APPROVE_APPLICATION = "approve-application"
    REVOKE_APPROVAL = "revoke-approval"
    RESTRICT_INSTANCES = "restrict-instances"
    CREATE_PROVIDER = "create-provider"
    CHANGE_ZONE = "change-zone"
    CREATE_BUILT_IN = "create-built-in-applications"
    CREATE_ROLE_COLLECTION = "create-role-collection"
    CHANGE_ROLE_COLLECTION = "change-role-collection"
    DELETE_ROLE_COLLECTION = "delete-role-collection"
    MAP_ROLE_COLLECTION = "map-role-collection"
    UNMAP_ROLE_COLLECTION = "unmap-role-collection"
    IMPORT_ROLE_COLLECTIONS = "import-role-collections"
    CREATE_ROLE = "create-role"
    CHANGE_ROLE = "change-role"
    DELETE_ROLE = "delete-role"


class Outcome(StrEnum):
    """The outcome of an action."""

    DONE = "done"
    REFUSED = "refused"


class SubjectKind(StrEnum):
    """The kind of a subject."""

    INSTANCE = "service-instance"
    BINDING = "service-binding"
    CLIENT = "client"
    APPLICATION = "application"
    ZONE = "zone"
    SIGNING_KEY = "signing-key"
    DATA_KEY = "data-key"
    MASTER_KEY = "master-key"
    AUTHORITY = "certificate-authority"
    DATABASE = "database"
    AUDIT_TRAIL = "audit-trail"
    USER = "user"
    ROLE_COLLECTION = "role-collection"
    ROLE = "role"
    PROVIDER = "identity-provider"


@dataclass(frozen=True, slots=True)
class Subject:
    """The object of an action; ``id`` is '' where there is only one."""

    kind: SubjectKind | str
    id: str = ""


DATABASE = Subject(SubjectKind.DATABASE)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event, committed together with the change that it records.

    ``action`` and the kinds are plain strings if a newer version wrote values unknown to this one.
    ``details`` is a JSON object with members specific to the action.
    """

    action: Action | str
    actor: Actor
    subject: Subject
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome | str = Outcome.DONE
    zone_guid: str = ""
    instance_id: str = ""
    binding_id: str = ""

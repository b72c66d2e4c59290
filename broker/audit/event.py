"""The audit trail: who did what to which instance or binding; never a secret (D-23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.audit.actor import Caller

CLIENT_ID, TOKEN_ID, ALL_TOKENS = "client_id", "token_id", "all_tokens"
"""Members of the identity of an event ``revoke-tokens``: whose tokens, and which."""


TYPES_DETAIL = "credential-types: "


class Action(StrEnum):
    """What was done."""

    PROVISION = "provision"
    UPDATE = "update"
    DEPROVISION = "deprovision"
    BIND = "bind"
    UNBIND = "unbind"
    READ_CREDENTIALS = "read-credentials"
    ROTATE_SECRET = "rotate-secret"  # noqa: S105 - a name
    REVOKE_PREVIOUS_SECRET = "revoke-previous-secret"  # noqa: S105 - a name
    ROTATE_SIGNING_KEY = "rotate-signing-key"
    REVOKE_TOKENS = "revoke-tokens"
    REVOKE_SIGNING_KEY = "revoke-signing-key"
    ROTATE_AUTHORITY = "rotate-authority"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened, committed together with what it reports."""

    action: Action
    caller: Caller
    instance_id: str
    binding_id: str
    at: datetime
    detail: str = ""

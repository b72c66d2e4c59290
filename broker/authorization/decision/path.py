"""The paths from users to scopes, and what removes a scope; for explanations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from broker.descriptor.names import USER_SCOPES


class Removal(StrEnum):
    """Why a scope is missing."""

    OTHER_ZONE = "the user and the client belong to different zones"
    INACTIVE_USER = "the user is inactive"
    INACTIVE_PROVIDER = "the user's identity provider is inactive"
    EXPIRED = "the assignment has expired"
    OLD_SNAPSHOT = "the provider's groups and attributes are too old: a new logon is required"
    NO_VALUE = "the role has no value for a required attribute, or the provider sent none"
    RESTRICTED_ELSEWHERE = "the role restricts attributes, which only its own application's have"
    NOT_IN_TEMPLATE = "a role template cannot contain this scope"
    PENDING = "the reference of the role template is pinned to no application"
    NOT_GRANTED_TO_TEMPLATE = "granted-apps does not grant the scope to the template's application"
    NOT_DEFINED = "the client's application does not define the scope"
    NOT_NAMED = "the client's descriptor does not name the scope"
    NOT_APPROVED = "foreign-scope-references do not name the scope, or it is not approved"
    NOT_GRANTED = "granted-apps does not grant the scope to the client's application"
    NOT_ACCEPTED = "foreign-scope-references of the client do not accept the scope"
    NOT_HELD = "no role in the user's role collections contains the scope"
    NO_USER_GRANT = "the client has no grant type for users"
    PROVIDER_NOT_ALLOWED = "the client does not allow the user's identity provider"


class Path(NamedTuple):
    """One way from a user to a scope, and all that removed it; for explanations.

    The collection is empty for scopes of every user; ``detail`` names a missing attribute.
    """

    scope: str
    removals: tuple[Removal, ...] = ()
    collection: str = ""
    mapping: tuple[str, str] | None = None
    expires_at: datetime | None = None
    role: str = ""
    template: str = ""
    app_id: str = ""
    detail: str = ""

    @property
    def removal(self) -> Removal | None:
        """The first reason why the scope is missing, None for a path that grants it."""
        return self.removals[0] if self.removals else None

    @property
    def is_of_every_user(self) -> bool:
        """Whether every user has the scope, without a role (I-131)."""
        return not self.role and self.scope in USER_SCOPES

    def without(self, *removals: Removal) -> Path:
        """Return the path with these additional reasons why the scope is missing."""
        return self._replace(removals=(*removals, *self.removals))

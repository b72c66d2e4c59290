"""What the database says about a user at a client: plain rows, before any decision.

Named tuples: a decision creates dozens of them, and data classes take three times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from broker.identity.client import Client
    from broker.identity.user import User


MAX_CANDIDATES = 200
"""Role collections with a scope that are read at once, by name."""


class ValueSource(StrEnum):
    """Where a role that an administrator created takes the values of an attribute from."""

    STATIC = "static"
    PROVIDER = "idp"
    UNRESTRICTED = "unrestricted"


class Membership(NamedTuple):
    """One reason why a user is in a role collection: an assignment or a mapping.

    ``mapping`` is the provider's attribute and value, None for an assignment.
    """

    collection_row_id: int
    collection: str
    expires_at: datetime | None = None
    mapping: tuple[str, str] | None = None


class TemplateAttribute(NamedTuple):
    """An attribute of a role template, with the values of the default role."""

    name: str
    default_values: tuple[str, ...] = ()
    is_required: bool = True


class RoleAttribute(NamedTuple):
    """The values of an attribute in a role: of ``idp``, names of the provider's attributes.

    A source that is no ``ValueSource`` was written by a newer version.
    """

    source: str
    values: tuple[str, ...] = ()


class ForeignScope(NamedTuple):
    """A reference of a role template to a scope of another application.

    ``app_id`` is that of the pinned application, None while the reference is pending;
    ``is_granted``: whether that application grants the scope to the template's (``granted-apps``).
    ``is_of_other_zone``: whether it belongs to another zone than the user.
    """

    name: str
    app_id: str | None
    is_granted: bool
    is_of_other_zone: bool = False


_NO_ATTRIBUTES: Mapping[str, RoleAttribute] = MappingProxyType({})


class HeldRole(NamedTuple):
    """A role of a user with its template and the template's application.

    ``scopes`` are the template's own and platform scopes, as stored.
    """

    row_id: int
    name: str
    template: str
    client_row_id: int
    app_id: str
    collection_row_ids: tuple[int, ...]
    is_default: bool = True
    scopes: tuple[str, ...] = ()
    foreign_scopes: tuple[ForeignScope, ...] = ()
    template_attributes: tuple[TemplateAttribute, ...] = ()
    attributes: Mapping[str, RoleAttribute] = _NO_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Assigned:
    """The user's role collections and roles, and what the client may have of their scopes.

    ``granted`` maps each scope of other applications that is granted to the client to whether the
    client accepts it; only applications that appear in the roles are contained.
    """

    memberships: tuple[Membership, ...] = ()
    roles: tuple[HeldRole, ...] = ()
    granted: Mapping[str, bool] = field(default_factory=dict)
    is_approved: bool = False


class AssignedRoles(Protocol):
    """Looks up roles, always as currently committed."""

    def of(self, user: User, client: Client) -> Assigned:
        """Return what decides the user's rights at the client; exactly one statement."""

    def with_candidates(
        self, user: User, client: Client, scopes: Sequence[str]
    ) -> tuple[Assigned, Assigned]:
        """Return the same, and what the collections that contain a scope would give instead."""

    def containing(self, client: Client, scope: str) -> Assigned:
        """Return the collections of the client's zone that contain the scope, as candidates.

        At most ``MAX_CANDIDATES``, in one statement. None for a scope that needs no role.
        """

    def accepted(self, client: Client, scopes: Collection[str]) -> Collection[str]:
        """Return those of the scopes that other applications grant and the client accepts."""

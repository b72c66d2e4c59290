"""Role collections, roles and templates as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.model import RoleAttribute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.authorization.collections.model import (
        CollectionMapping,
        Role,
        RoleCollection,
        RoleKey,
    )
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects collections of a zone: by name, by whether they are read-only, a page by name.

    ``row_id`` selects one. None selects all.
    """

    name: str | None = None
    is_read_only: bool | None = None
    skip: int = 0
    limit: int | None = None
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of collections to read."""

    roles: bool = True
    users: bool = False
    mappings: bool = False


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in a collection; its own description, else that of its template."""

    key: RoleKey
    description: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user to whom a collection is assigned."""

    user_id: str
    origin: str
    name: str
    email: str | None
    given_name: str | None
    family_name: str | None


@dataclass(frozen=True, slots=True)
class CollectionView:
    """A collection with its parts; those that were not read are empty.

    ``roles`` include the default roles of other applications' templates in a declared collection.
    """

    collection: RoleCollection
    roles: Sequence[HeldRole] = ()
    members: Sequence[Member] = ()
    mappings: Sequence[CollectionMapping] = ()


@dataclass(frozen=True, slots=True)
class ApplicationAttribute:
    """An attribute that an application declares."""

    name: str
    description: str | None
    value_type: str
    value_required: bool


@dataclass(frozen=True, slots=True)
class TemplateAttribute(ApplicationAttribute):
    """An attribute that a template restricts its roles by."""

    default_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A role template; ``scopes`` are full names, also of other applications that exist.

    ``default_role`` is the name of its default role, if it has one.
    """

    row_id: int
    app_id: str
    name: str
    description: str | None
    scopes: tuple[str, ...] = ()
    attributes: tuple[TemplateAttribute, ...] = ()
    default_role: str | None = None


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role with its template, its own attribute values, and the collections that contain it."""

    role: Role
    template: TemplateView
    collections: Sequence[tuple[str, str | None]] = ()
    """Names and descriptions."""

    def values_of(self, attribute: TemplateAttribute) -> RoleAttribute:
        """Return the values of an attribute: own ones, else the defaults of the template."""
        own = self.role.attributes.get(attribute.name)
        if own is not None:
            return own
        if self.role.is_default and attribute.default_values:
            return RoleAttribute("static", attribute.default_values)
        return RoleAttribute("static" if attribute.value_required else "unrestricted")


@dataclass(frozen=True, slots=True)
class RoleSelection:
    """Selects roles or templates: of an application, a template, with a name, in a collection."""

    app_id: str | None = None
    template: str | None = None
    name: str | None = None
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationSelection:
    """Selects applications of a zone: by organization, name, application or instance id."""

    organization_guid: str | None = None
    xsappname: str | None = None
    app_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application; the built-in one of a zone has no service instance (D-56).

    ``parameters`` is the stored descriptor, None without an instance or if it is no JSON;
    ``secret_last_used_at`` is when the instance secret, or its predecessor, was last used.
    """

    client: Client
    instance_id: str | None
    xsappname: str
    plan: str
    plan_id: str | None
    tenant_mode: str
    organization_guid: str | None
    space_guid: str | None
    parameters: object
    settings: ClientSettings
    secret_last_used_at: datetime | None
    attributes: Sequence[ApplicationAttribute] = ()


@dataclass(frozen=True, slots=True)
class ScopeView:
    """A scope by its full name, with the applications that may have it, ``*`` for all.

    ``authority_of``: the applications that have it without a user.
    """

    name: str
    description: str | None = None
    granted_to: tuple[str, ...] = ()
    authority_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationDetails:
    """An application with all that its descriptor declares.

    ``authorities`` are the scopes of its tokens without a user, ``foreign_scopes`` the references
    to other applications' scopes as the descriptor writes them.
    """

    application: ApplicationView
    scopes: Sequence[ScopeView]
    authorities: Sequence[str]
    foreign_scopes: Sequence[str]
    templates: Sequence[TemplateView]


@dataclass(frozen=True, slots=True)
class GrantedAuthority:
    """A scope that another application grants to a client, which accepts it."""

    app_id: str
    instance_id: str
    scope: str
    """The full name."""

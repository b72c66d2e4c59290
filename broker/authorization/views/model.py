"""Role collections, roles and templates as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.model import RoleAttribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import (
        CollectionMapping,
        Role,
        RoleCollection,
        RoleKey,
    )


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
class TemplateAttribute:
    """An attribute that a template restricts its roles by."""

    name: str
    description: str | None
    value_type: str
    value_required: bool
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

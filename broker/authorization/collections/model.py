"""Role collections with their roles, assignments and mappings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

GROUPS: Final = "Groups"
"""The attribute of mappings by group; ``groups`` is another spelling (I-42)."""

OPERATORS: Final = ("equals", "EQUALS")


@dataclass(frozen=True, slots=True, order=True)
class RoleKey:
    """A role by application id, role template and name."""

    app_id: str
    template: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.app_id}, {self.template})"


@dataclass(frozen=True, slots=True)
class RoleCollection:
    """A role collection of a zone.

    ``app_id`` is the owner: the application that declares it, or the zone's built-in application.
    """

    row_id: int
    zone_row_id: int
    name: str
    description: str | None
    is_read_only: bool
    app_id: str


@dataclass(frozen=True, slots=True)
class Use:
    """How many users and provider attributes a collection is assigned to."""

    assignments: int = 0
    mappings: int = 0

    def __bool__(self) -> bool:
        return bool(self.assignments or self.mappings)

    def __str__(self) -> str:
        return f"{_number(self.assignments, 'user')} and {_number(self.mappings, 'mapping')}"

    def __add__(self, other: Use) -> Use:
        return Use(self.assignments + other.assignments, self.mappings + other.mappings)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The assignment of a collection to a user (I-161)."""

    collection: str
    user_id: str
    origin: str
    user_name: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CollectionMapping:
    """A rule: users of the origin with this attribute value have the collection (I-159)."""

    collection: str
    origin: str
    attribute: str
    value: str
    operator: str = OPERATORS[0]
    created_by: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoleAttribute:
    """The values that a role has for an attribute of its template.

    ``static``: the values themselves; ``idp``: the name of the provider's attribute;
    ``unrestricted``: none.
    """

    origin: Literal["static", "idp", "unrestricted"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A role made of a template; a default role follows its template."""

    row_id: int
    key: RoleKey
    is_default: bool
    description: str | None = None
    attributes: Mapping[str, RoleAttribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CollectionDetails:
    """A collection with all its parts.

    ``references`` are templates of other applications in a declared collection; ``waiting`` those
    of them without an application.
    """

    collection: RoleCollection
    roles: Sequence[RoleKey]
    references: Sequence[str]
    waiting: Sequence[str]
    assignments: Sequence[Assignment]
    mappings: Sequence[CollectionMapping]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

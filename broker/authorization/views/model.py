"""Role collections as lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import (
        CollectionMapping,
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

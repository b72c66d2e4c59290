"""Users with their role collections, and role collections as groups of users."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.search.condition import Attribute, by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import RoleCollection
    from broker.identity.user import User

GROUP_ATTRIBUTES = by_name(Attribute("id"), Attribute("displayName"))
"""What a filter of groups may name; both are the name of the role collection."""

MAX_MEMBERS = 100_000
"""Members in one response, of one group or role collection, or of all in a page."""

MAX_ENTITIES = 500
"""Whole users in the list of a group's members."""


@dataclass(frozen=True, slots=True)
class UserWithGroups:
    """A user, and the names of the role collections that are assigned to it at present."""

    user: User
    groups: Sequence[str] = ()


@dataclass(frozen=True, slots=True, order=True)
class GroupMember:
    """A user to whom a role collection is assigned, and the row of the assignment."""

    user_id: str
    origin: str
    assignment_row_id: int


@dataclass(frozen=True, slots=True)
class Group:
    """A role collection with its members by user id; without them if they were not read."""

    collection: RoleCollection
    members: Sequence[GroupMember] = ()

    @property
    def version(self) -> int:
        """A number from 0 to 2³¹-1 that follows from the description and the members.

        Every way to change them changes it, also that of an older version beside this one: row ids
        of assignments are random and never used twice (decision 0068).
        """
        state = hashlib.sha256(repr(self.collection.description).encode())
        for row_id in sorted(each.assignment_row_id for each in self.members):
            state.update(row_id.to_bytes(8))
        return int.from_bytes(state.digest()[:4]) >> 1

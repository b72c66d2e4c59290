"""The version of a group follows from what a request can change."""

from __future__ import annotations

from dataclasses import replace

from broker.authorization.collections.model import RoleCollection
from broker.authorization.groups.model import Group, GroupMember
from broker.ids import new_row_id

COLLECTION = RoleCollection(1, 1, "group", None, is_read_only=False, app_id="a")
MEMBERS = [GroupMember(str(each), "corp", new_row_id()) for each in range(3)]


def test_the_version_changes_with_members_and_description() -> None:
    group = Group(COLLECTION, MEMBERS)
    others = [
        Group(COLLECTION),
        Group(COLLECTION, MEMBERS[:2]),
        Group(COLLECTION, [*MEMBERS[:2], replace(MEMBERS[2], assignment_row_id=new_row_id())]),
        Group(replace(COLLECTION, description=""), MEMBERS),
        Group(replace(COLLECTION, description="None"), MEMBERS),
    ]
    versions = [each.version for each in (group, *others)]
    assert len(set(versions)) == len(versions)
    assert all(0 <= each < 2**31 for each in versions)


def test_the_version_does_not_depend_on_the_order_of_members() -> None:
    assert Group(COLLECTION, MEMBERS).version == Group(COLLECTION, MEMBERS[::-1]).version

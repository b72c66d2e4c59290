"""Changes of role collections as groups, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import broker.authorization.groups.change as module
from broker.audit.actor import Actor, ActorKind
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.authorization.groups.change import ChangeGroups, GroupChanges
from broker.authorization.groups.read import ReadGroups
from broker.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidRequest,
    NotFound,
    ReadOnly,
    StateConflict,
)
from broker.identity.users.delete import DeleteUser
from broker.identity.users.find import UserId
from tests.support.domain import OPERATOR
from tests.support.rights import assign
from tests.support.role_collections import ADMINISTRATOR
from tests.support.role_collections import assign as assign_collection
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.authorization.groups.model import Group
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

PARTIAL = Actor(
    ActorKind.CLIENT, "c", scopes=frozenset({"xs_user.write", "xs_authorization.write"})
)
KEPT = GroupChanges()


@pytest.fixture
def zone(domain: Domain) -> Zone:
    return zone_of(domain)


@pytest.fixture
def users(domain: Domain, zone: Zone) -> list[User]:
    return [stored_user(domain, zone, name, origin="corp") for name in "abc"]


@pytest.fixture
def ids(users: list[User]) -> list[str]:
    return [each.user_id for each in users]


@pytest.fixture
def change(domain: Domain) -> ChangeGroups:
    return ChangeGroups(domain.transactions)


def members(group: Group) -> set[str]:
    return {each.user_id for each in group.members}


def test_a_group_from_creation_to_deletion(
    domain: Domain, change: ChangeGroups, zone: Zone, ids: list[str]
) -> None:
    created = change.create(OPERATOR, zone.guid, "Group", "text", ids[:1])
    assert (created.collection.description, members(created)) == ("text", {ids[0]})
    assert not created.collection.is_read_only

    def after(changes: GroupChanges) -> Group:
        changed = change.change(OPERATOR, zone.guid, "Group", None, changes)
        assert ReadGroups(domain.transactions).one(zone.guid, "Group") == changed
        return changed

    assert members(after(GroupChanges(added=ids[:2]))) == set(ids[:2])
    assert members(after(GroupChanges(members=[ids[2], ids[1]]))) == set(ids[1:])
    assert members(after(GroupChanges(removed=[ids[1]]))) == {ids[2]}
    assert members(after(GroupChanges(members=[], added=[ids[0]]))) == {ids[0]}
    described = after(GroupChanges("other"))
    assert (described.collection.description, members(described)) == ("other", {ids[0]})
    assert after(GroupChanges("")).collection.description is None
    assert after(KEPT) == after(KEPT)

    deleted = change.delete(OPERATOR, zone.guid, "Group", None)
    assert members(deleted) == {ids[0]}
    with pytest.raises(NotFound, match="Group Group does not exist"):
        change.delete(OPERATOR, zone.guid, "Group", None)


def test_members_one_by_one(change: ChangeGroups, zone: Zone, ids: list[str]) -> None:
    change.create(OPERATOR, zone.guid, "Group", None, [])
    added = change.add_member(OPERATOR, zone.guid, "Group", ids[0])
    assert (added.user_id, added.origin) == (ids[0], "corp")
    with pytest.raises(AlreadyExists, match=f"{ids[0]} is already part of the group: Group"):
        change.add_member(OPERATOR, zone.guid, "Group", ids[0])
    assert change.remove_member(OPERATOR, zone.guid, "Group", ids[0]) == added
    with pytest.raises(NotFound, match=f"Member {ids[0]} does not exist in group Group"):
        change.remove_member(OPERATOR, zone.guid, "Group", ids[0])


def test_whatever_changes_members_makes_an_older_version_stale(
    domain: Domain, change: ChangeGroups, zone: Zone, users: list[User]
) -> None:
    version = change.create(OPERATOR, zone.guid, "Group", None, [users[0].user_id]).version
    for way in (
        lambda: assign_collection(domain, users[1], "Group"),
        lambda: DeleteUser(domain.transactions, domain.clock)(
            OPERATOR, UserId(zone.guid, users[1].user_id)
        ),
        lambda: assign(domain, users[2], "Group"),
    ):
        way()
        with pytest.raises(StateConflict, match="wrong version"):
            change.change(OPERATOR, zone.guid, "Group", version, GroupChanges("text"))
        with pytest.raises(StateConflict, match="wrong version"):
            change.delete(OPERATOR, zone.guid, "Group", version)
        version = change.change(OPERATOR, zone.guid, "Group", None, KEPT).version
    assert change.change(OPERATOR, zone.guid, "Group", version, GroupChanges("t")).version


def test_a_failed_change_has_no_effect(
    domain: Domain, change: ChangeGroups, zone: Zone, ids: list[str]
) -> None:
    before = change.create(OPERATOR, zone.guid, "Group", "text", ids[:1])
    other = stored_user(domain, zone_of(domain, "other"))
    wrong: list[GroupChanges] = [
        GroupChanges("new", added=[ids[1], "unknown"]),
        GroupChanges("new", added=[ids[1], other.user_id]),
        GroupChanges("new", members=["\0"]),
        GroupChanges("new", added=[ids[1]], removed=[ids[2]]),
        GroupChanges("x" * 1001, added=[ids[1]]),
    ]
    for changes in wrong:
        with pytest.raises((InvalidRequest, NotFound)):
            change.change(OPERATOR, zone.guid, "Group", None, changes)
    for name in ("", " a", "x" * 65, "a\x00", "group", "Subaccount Viewer"):
        with pytest.raises((InvalidRequest, AlreadyExists)):
            change.create(OPERATOR, zone.guid, name, None, ids)
    with pytest.raises(InvalidRequest, match="Invalid group member: unknown"):
        change.create(OPERATOR, zone.guid, "Other", None, [ids[0], "unknown"])
    assert ReadGroups(domain.transactions).one(zone.guid, "Group") == before
    with pytest.raises(NotFound):
        ReadGroups(domain.transactions).one(zone.guid, "Other")


def test_declared_groups_change_only_their_members(
    change: ChangeGroups, zone: Zone, ids: list[str]
) -> None:
    name, text = VIEWERS, "Read-only access to the subaccount"
    changed = change.change(OPERATOR, zone.guid, name, None, GroupChanges(text, members=ids))
    assert members(changed) == set(ids)
    with pytest.raises(ReadOnly):
        change.change(OPERATOR, zone.guid, name, None, GroupChanges("new"))
    with pytest.raises(ReadOnly):
        change.delete(OPERATOR, zone.guid, name, None)


def test_members_of_built_in_groups_need_every_write_scope(
    change: ChangeGroups, zone: Zone, ids: list[str]
) -> None:
    """TH-13, D-47."""
    change.add_member(OPERATOR, zone.guid, VIEWERS, ids[0])
    for work in (
        lambda: change.add_member(PARTIAL, zone.guid, VIEWERS, ids[1]),
        lambda: change.remove_member(PARTIAL, zone.guid, VIEWERS, ids[0]),
        lambda: change.change(PARTIAL, zone.guid, VIEWERS, None, GroupChanges(members=[])),
        lambda: change.change(PARTIAL, zone.guid, ADMINISTRATORS, None, GroupChanges(added=ids)),
    ):
        with pytest.raises(AccessDenied):
            work()
    change.create(PARTIAL, zone.guid, "Group", None, ids)
    added = change.add_member(ADMINISTRATOR, zone.guid, VIEWERS, ids[1])
    assert added.user_id == ids[1]


def test_the_last_administrator_stays(domain: Domain, change: ChangeGroups, zone: Zone) -> None:
    """I-160."""
    user = stored_user(domain, zone, "local")
    change.add_member(OPERATOR, zone.guid, ADMINISTRATORS, user.user_id)
    for work in (
        lambda: change.remove_member(ADMINISTRATOR, zone.guid, ADMINISTRATORS, user.user_id),
        lambda: change.change(
            ADMINISTRATOR, zone.guid, ADMINISTRATORS, None, GroupChanges(members=[])
        ),
    ):
        with pytest.raises(StateConflict, match="no administrator left"):
            work()


def test_an_expired_assignment_is_no_membership(
    domain: Domain, change: ChangeGroups, zone: Zone, users: list[User]
) -> None:
    change.create(OPERATOR, zone.guid, "Group", None, [])
    past = datetime.now(UTC) - timedelta(hours=1)
    assign(domain, users[0], "Group", expires_at=past)
    with pytest.raises(NotFound):
        change.remove_member(OPERATOR, zone.guid, "Group", users[0].user_id)
    added = change.add_member(OPERATOR, zone.guid, "Group", users[0].user_id)
    assert added.origin == "corp"


def test_one_request_changes_a_limited_number_of_members(
    change: ChangeGroups, zone: Zone, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CHANGED", 2)
    with pytest.raises(InvalidRequest, match="3 members to add or remove; at most 2"):
        change.create(OPERATOR, zone.guid, "Group", None, ids)
    change.create(OPERATOR, zone.guid, "Group", None, ids[:2])
    with pytest.raises(InvalidRequest, match="3 members"):
        change.change(OPERATOR, zone.guid, "Group", None, GroupChanges(members=ids[2:]))

"""Users with their role collections, and groups with their members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import broker.authorization.groups.read as module
from broker.authorization.groups.model import GROUP_ATTRIBUTES
from broker.authorization.groups.read import ReadGroups, ReadUsersWithGroups
from broker.errors import InvalidRequest, NotFound
from broker.search.condition import Selection
from broker.search.filter import parse_filter
from tests.support.rights import assign
from tests.support.statements import statements_of
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

ADMINISTRATORS, VIEWERS = "Subaccount Administrator", "Subaccount Viewer"
BY_NAME = Selection("userName")
BY_GROUP = Selection("displayName")


@pytest.fixture
def zone(domain: Domain) -> Zone:
    other = zone_of(domain, "other")
    assign(domain, stored_user(domain, other, "anna"), VIEWERS)
    return zone_of(domain)


@pytest.fixture
def anna(domain: Domain, zone: Zone) -> User:
    """A user with a current and an expired role collection; another user has none."""
    user = stored_user(domain, zone, "anna")
    now = datetime.now(UTC)
    assign(domain, user, VIEWERS, expires_at=now + timedelta(hours=1))
    assign(domain, user, ADMINISTRATORS, expires_at=now - timedelta(hours=1))
    stored_user(domain, zone, "berta", origin="corp")
    return user


def test_users_with_the_names_of_their_current_collections(
    domain: Domain, zone: Zone, anna: User
) -> None:
    read = ReadUsersWithGroups(domain.transactions)
    page = read.page(zone.guid, BY_NAME, groups=True)
    assert [(each.user.name, list(each.groups)) for each in page.items] == [
        ("anna", [VIEWERS]),
        ("berta", []),
    ]
    assert page.total == 2
    without = read.page(zone.guid, BY_NAME, groups=False)
    assert [list(each.groups) for each in without.items] == [[], []]
    assert read.one(zone.guid, anna.user_id).groups == [VIEWERS]


def test_another_zones_users_and_groups_do_not_exist(
    domain: Domain, zone: Zone, anna: User
) -> None:
    other = zone_of(domain, "other")
    users, groups = ReadUsersWithGroups(domain.transactions), ReadGroups(domain.transactions)
    for user_id in (anna.user_id, "x", "", "\0", "x" * 300, "%"):
        with pytest.raises(NotFound, match=r"User .* does not exist"):
            users.one(other.guid, user_id)
        with pytest.raises(NotFound, match=rf"Member .* does not exist in group {VIEWERS}"):
            groups.member(other.guid, VIEWERS, user_id)
    for name in ("viewers", "", "\0", "x" * 300, "Subaccount%"):
        with pytest.raises(NotFound, match=r"Group .* does not exist"):
            groups.one(zone.guid, name)
    member, user = groups.member(zone.guid, VIEWERS, anna.user_id)
    assert (member.origin, user) == (anna.origin, None)


def test_groups_with_their_current_members(domain: Domain, zone: Zone, anna: User) -> None:
    read = ReadGroups(domain.transactions)
    page = read.page(zone.guid, BY_GROUP, members=True)
    assert [
        (each.collection.name, [member.user_id for member in each.members]) for each in page.items
    ] == [(ADMINISTRATORS, []), (VIEWERS, [anna.user_id])]
    condition = parse_filter('displayName sw "Subaccount V"', GROUP_ATTRIBUTES)
    found = read.page(zone.guid, Selection("displayName", condition), members=False)
    assert [(each.collection.name, each.members) for each in found.items] == [(VIEWERS, ())]
    assert read.one(zone.guid, VIEWERS) == page.items[1]


def test_responses_with_too_many_members_are_refused(
    domain: Domain, zone: Zone, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 1)
    read = ReadGroups(domain.transactions)
    assert len(read.one(zone.guid, VIEWERS).members) == 1
    assign(domain, stored_user(domain, zone, "carl"), VIEWERS)
    with pytest.raises(InvalidRequest, match="more than 1 members in one response"):
        read.page(zone.guid, BY_GROUP, members=True)
    assert len(read.page(zone.guid, BY_GROUP, members=False).items) == 2


def test_members_with_their_users(
    domain: Domain, zone: Zone, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = ReadGroups(domain.transactions)
    (without,) = groups.members(zone.guid, VIEWERS, users=False)
    assert (without[0].user_id, without[1]) == (anna.user_id, None)
    user = ReadUsersWithGroups(domain.transactions).one(zone.guid, anna.user_id)
    expected = (without[0], user)
    assert groups.members(zone.guid, VIEWERS, users=True) == [expected]
    assert groups.member(zone.guid, VIEWERS, anna.user_id, users=True) == expected
    assert groups.members(zone.guid, ADMINISTRATORS, users=True) == []
    monkeypatch.setattr(module, "MAX_ENTITIES", 1)
    assert groups.members(zone.guid, VIEWERS, users=True) == [expected]
    assign(domain, stored_user(domain, zone, "carl"), VIEWERS)
    with pytest.raises(InvalidRequest, match="returnEntities"):
        groups.members(zone.guid, VIEWERS, users=True)
    assert len(groups.members(zone.guid, VIEWERS, users=False)) == 2


def test_the_number_of_statements_does_not_grow(domain: Domain, zone: Zone) -> None:
    """Two for the zone, one for the page with its number, one for the role collections."""
    read = ReadUsersWithGroups(domain.transactions)
    for name in "abcdefghij":
        assign(domain, stored_user(domain, zone, name), VIEWERS)
        read.page(zone.guid, Selection("meta.created", limit=500), groups=True)

    by_time = Selection("meta.created", limit=500)
    with statements_of(domain.engine) as statements:
        assert len(read.page(zone.guid, by_time, groups=True).items) == 10
        groups = ReadGroups(domain.transactions).page(zone.guid, BY_GROUP, members=True)
        assert len(groups.items) == 2
    assert len([each for each in statements if each.startswith("SELECT")]) == 8

"""Changes of users with their role collections, each all or nothing, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import broker.authorization.groups.write as module
from broker.audit.actor import Actor, ActorKind
from broker.authorization.collections.assign import Terms
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.groups.read import ReadUsersWithGroups
from broker.authorization.groups.write import UserChange, WriteUsers
from broker.errors import AccessDenied, InvalidRequest, NotFound, StateConflict, UserExists
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser, NewUser
from broker.identity.users.change import ChangeUser
from broker.identity.users.delete import DeleteUser
from broker.identity.users.find import UserId, UserName
from broker.identity.zone_settings import ChangeZoneSettings
from broker.search.condition import Selection
from tests.support.domain import OPERATOR, FakeClock
from tests.support.role_collections import ADMINISTRATOR, assign
from tests.support.users import stored_provider, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

PARTIAL = Actor(
    ActorKind.CLIENT, "c", scopes=frozenset({"xs_user.write", "xs_authorization.write"})
)


@pytest.fixture
def zone(domain: Domain) -> Zone:
    found = zone_of(domain)
    collections = ZoneCollections(domain.transactions)
    for name in ("One", "Two", "Three"):
        collections.create(OPERATOR, found.guid, name, None)
    return found


@pytest.fixture
def write(domain: Domain) -> WriteUsers:
    transactions, clock = domain.transactions, domain.clock
    set_password = SetPassword(transactions, PasswordPolicy(10))
    return WriteUsers(
        transactions,
        AddUser(transactions, clock, set_password),
        ChangeUser(transactions, clock),
        DeleteUser(transactions, clock),
    )


def names(domain: Domain, zone: Zone) -> list[str]:
    page = ReadUsersWithGroups(domain.transactions).page(
        zone.guid, Selection("userName"), groups=False
    )
    return [each.user.name for each in page.items]


def test_users_are_created_with_collections(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    created = write.create_all(
        OPERATOR,
        zone.guid,
        [(NewUser("anna"), ["Two", "One", "Two"]), (NewUser("otto", is_active=False), [])],
    )
    assert [(each.user.name, list(each.groups)) for each in created] == [
        ("anna", ["One", "Two"]),
        ("otto", []),
    ]
    assert not created[1].user.is_active
    assert write.create_all(OPERATOR, zone.guid, []) == []
    assert write.create(OPERATOR, zone.guid, NewUser("berta")).groups == ()


def test_all_users_are_created_or_none(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    stored_user(domain, zone, "otto")
    first = (NewUser("anna"), ["One"])
    for second, error in (
        ((NewUser("OTTO"), []), UserExists),
        ((NewUser("Anna"), []), UserExists),
        ((NewUser("berta"), ["Unknown"]), NotFound),
        ((NewUser("berta", origin="corp"), []), NotFound),
        ((NewUser("berta", is_active=False), ["One"]), StateConflict),
        ((NewUser("a" * 256), []), InvalidRequest),
    ):
        with pytest.raises(error):
            write.create_all(OPERATOR, zone.guid, [first, second])
        assert names(domain, zone) == ["otto"]


def test_the_default_provider_of_the_zone(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    without = NewUser("anna", origin="")
    assert write.create(OPERATOR, zone.guid, without).user.origin == "sap.default"
    stored_provider(domain, zone, "corp")
    settings = ChangeZoneSettings(domain.transactions, domain.clock)
    settings(OPERATOR, zone.guid, {"default_idp": "corp"})
    assert write.create(OPERATOR, zone.guid, without).user.origin == "corp"
    assert write.create(OPERATOR, zone.guid, NewUser("otto")).user.origin == "sap.default"


def test_collections_are_replaced(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    """One that stays keeps its expiry; an expired one is assigned anew."""
    user = stored_user(domain, zone)
    later = domain.transactions.read(lambda store: store.time()) + timedelta(days=1)
    assign(domain, user, "One", terms=Terms(later))
    assign(domain, user, "Two")
    of = UserName(zone.guid, user.name)
    changed = write.change(OPERATOR, of, UserChange(collections=["Three", "One"]))
    assert changed.groups == ["One", "Three"]
    assert changed.user.version == user.version
    assigned = domain.transactions.read(lambda store: store.assignments.of_user(user))
    assert {each.collection: each.expires_at for each in assigned} == {"One": later, "Three": None}
    assert write.change(OPERATOR, of, UserChange(collections=[])).groups == ()


def test_attributes_and_collections_change_together(
    domain: Domain, zone: Zone, write: WriteUsers
) -> None:
    user = stored_user(domain, zone, given_name="Anna", phone="1")
    of = UserId(zone.guid, user.user_id)
    changed = write.change(
        OPERATOR, of, UserChange({"name": "anne", "phone": None}, ["One"]), origin="ldap"
    )
    assert (changed.user.name, changed.user.phone, changed.groups) == ("anne", None, ["One"])
    assert changed.user.given_name == "Anna"
    kept = write.change(OPERATOR, of, UserChange({"email": "a@example.org"}), expected=2)
    assert (kept.user.email, kept.groups) == ("a@example.org", ["One"])
    for change, error in (
        (UserChange({"phone": "2"}, ["Two", "Unknown"]), NotFound),
        (UserChange({"name": ""}, ["Two"]), InvalidRequest),
        (UserChange({"is_active": False}, ["Two"]), StateConflict),
    ):
        with pytest.raises(error):
            write.change(OPERATOR, of, change)
        stored = domain.transactions.read(lambda store: store.users.find(user.user_id))
        assert stored == kept.user
        assert write.change(OPERATOR, of, UserChange({})).groups == ["One"]
    with pytest.raises(StateConflict, match="version"):
        write.change(OPERATOR, of, UserChange({"phone": "2"}), expected=1)


class TickingClock(FakeClock):
    """A clock that advances with every look at it."""

    def now(self) -> datetime:
        self.advance(seconds=1)
        return super().now()


def test_the_returned_user_is_the_stored_one(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    """Also its time of change, after a deactivation, which changes the row twice."""
    user = stored_user(domain, zone)
    of = UserId(zone.guid, user.user_id)
    ticking = replace(write, change_user=ChangeUser(domain.transactions, TickingClock()))
    changed = ticking.change(OPERATOR, of, UserChange({"phone": "1", "is_active": False}))
    stored = ReadUsersWithGroups(domain.transactions).one(zone.guid, user.user_id).user
    assert replace(changed.user, token_epoch=stored.token_epoch) == stored
    assert stored.version == user.version + 2


def test_many_assignments_are_refused(
    zone: Zone, domain: Domain, write: WriteUsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ASSIGNMENTS", 2)
    user = stored_user(domain, zone)
    of, three = UserName(zone.guid, user.name), ["One", "Two", "Three"]
    with pytest.raises(InvalidRequest, match="3 role collections"):
        write.change(OPERATOR, of, UserChange(collections=three))
    new = [(NewUser(name), three[:number]) for name, number in (("a", 1), ("b", 2))]
    with pytest.raises(InvalidRequest, match="3 role collections"):
        write.create_all(OPERATOR, zone.guid, new)
    assert write.change(OPERATOR, of, UserChange(collections=three[:2])).groups == ["One", "Two"]


def test_holders_of_built_in_roles_need_every_write_scope(
    domain: Domain, zone: Zone, write: WriteUsers
) -> None:
    """D-47: by creation, by replacement in either direction, by attributes, by deletion."""
    for name in (VIEWERS, ADMINISTRATORS):
        with pytest.raises(AccessDenied):
            write.create_all(PARTIAL, zone.guid, [(NewUser("otto"), [name])])
    assert names(domain, zone) == []
    user = write.create_all(ADMINISTRATOR, zone.guid, [(NewUser("anna"), [VIEWERS])])[0].user
    of = UserId(zone.guid, user.user_id)
    for change in (
        UserChange(collections=[]),
        UserChange(collections=[VIEWERS, ADMINISTRATORS]),
        UserChange({"email": "b@example.org"}),
        UserChange({"is_active": False}, []),
    ):
        with pytest.raises(AccessDenied):
            write.change(PARTIAL, of, change)
    with pytest.raises(AccessDenied):
        write.delete(PARTIAL, of)
    assert write.change(PARTIAL, of, UserChange(collections=["One", VIEWERS])).groups == [
        "One",
        VIEWERS,
    ]
    assert write.change(ADMINISTRATOR, of, UserChange(collections=["One"])).groups == ["One"]
    assert not write.change(PARTIAL, of, UserChange({"is_active": False}, [])).user.is_active


def test_the_last_administrator_stays(domain: Domain, zone: Zone, write: WriteUsers) -> None:
    """I-160."""
    user = write.create_all(ADMINISTRATOR, zone.guid, [(NewUser("a"), [ADMINISTRATORS])])[0].user
    of = UserId(zone.guid, user.user_id)
    for change in (UserChange(collections=["One"]), UserChange({"is_active": False})):
        with pytest.raises(StateConflict):
            write.change(ADMINISTRATOR, of, change)
    with pytest.raises(StateConflict):
        write.delete(ADMINISTRATOR, of)
    assert write.change(ADMINISTRATOR, of, UserChange({})).groups == [ADMINISTRATORS]


def test_a_deleted_user_is_returned_with_its_collections(
    domain: Domain, zone: Zone, write: WriteUsers
) -> None:
    user = stored_user(domain, zone)
    assign(domain, user, "One")
    of = UserId(zone.guid, user.user_id)
    with pytest.raises(StateConflict):
        write.delete(OPERATOR, of, expected=user.version + 1)
    deleted = write.delete(OPERATOR, of, expected=user.version)
    assert (deleted.user.user_id, deleted.groups) == (user.user_id, ["One"])
    for zone_of_user in (zone, zone_of(domain, "far")):
        with pytest.raises(NotFound):
            write.delete(OPERATOR, replace(of, zone=zone_of_user.guid))

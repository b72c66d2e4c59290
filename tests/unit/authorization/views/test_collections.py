"""Lists of role collections: their parts, in as many statements however many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

import broker.authorization.views.collections as module
from broker.authorization.collections.assign import Terms
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping, RoleKey
from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.views.collections import ListCollections
from broker.authorization.views.model import Parts, Selection
from broker.errors import InvalidRequest, RoleCollectionNotFound
from broker.store.tables.assignments import role_assignment
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

ALL = Selection()
EVERYTHING = Parts(users=True, mappings=True)


@pytest.fixture
def zone(domain: Domain) -> Zone:
    """A zone with a declared collection, one of administrators, and another application's role."""
    provisioned = domain.provision("app", descriptor("app", "Declared"), organization_guid="org")
    other = descriptor("other")
    other["role-collections"] = [
        {
            "name": "Foreign",
            "role-template-references": ["$XSAPPNAME(application,app).Viewer", "$XSAPPNAME.Editor"],
        }
    ]
    domain.provision("other", other, organization_guid="org")
    # Nothing of another zone is in any list.
    domain.provision("far", descriptor("far", "Declared", "Far"), organization_guid="far")
    found = provisioned.instance.client.zone
    service = ZoneCollections(domain.transactions)
    service.create(OPERATOR, found.guid, "Own", "An own one")
    service.add_roles(
        OPERATOR, found.guid, "Own", RoleKey(f"app!t{found.index}", "Viewer", "Viewer")
    )
    return found


@pytest.fixture
def lists(domain: Domain) -> ListCollections:
    return ListCollections(domain.transactions)


def test_all_parts(domain: Domain, zone: Zone, lists: ListCollections) -> None:
    app, other = f"app!t{zone.index}", f"other!t{zone.index}"
    anna = stored_user(domain, zone, email="anna@example.org")
    assign(domain, anna, "Own")
    assign(domain, stored_user(domain, zone, "otto"), "Own")
    mapping = CollectionMapping("Own", "corporate", "groups", "managers")
    MapCollections(domain.transactions).map(OPERATOR, zone.guid, mapping)
    found = {each.collection.name: each for each in lists.page(zone.guid, ALL, EVERYTHING)}
    assert list(found) == ["Declared", "Foreign", "Own", ADMINISTRATORS, VIEWERS]
    assert [each.key for each in found["Foreign"].roles] == [
        RoleKey(app, "Viewer", "Viewer"),
        RoleKey(other, "Editor", "Editor"),
    ]
    own = found["Own"]
    assert own.collection.description == "An own one"
    assert [each.key for each in own.roles] == [RoleKey(app, "Viewer", "Viewer")]
    assert [(each.user_id, each.email) for each in own.members] == [
        (anna.user_id, "anna@example.org"),
        (own.members[1].user_id, None),
    ]
    assert [(each.attribute, each.value) for each in own.mappings] == [("Groups", "managers")]
    assert not found["Declared"].members


def test_an_expired_assignment_is_in_no_list(
    domain: Domain, zone: Zone, lists: ListCollections
) -> None:
    later = domain.transactions.read(lambda store: store.time()) + timedelta(days=1)
    assign(domain, stored_user(domain, zone), "Own", terms=Terms(later))
    assert lists.one(zone.guid, "Own", EVERYTHING).members
    with domain.engine.begin() as connection:
        connection.execute(update(role_assignment).values(expires_at=later - timedelta(days=2)))
    assert not lists.one(zone.guid, "Own", EVERYTHING).members


def test_selections(zone: Zone, lists: ListCollections) -> None:
    def names(**selection: object) -> list[str]:
        page = lists.page(zone.guid, Selection(**selection), Parts())  # type: ignore[arg-type]
        assert all(each.roles for each in page)
        return [each.collection.name for each in page]

    assert names(name="Own") == ["Own"]
    assert names(name="own") == []
    assert names(is_read_only=False) == ["Own"]
    assert names(skip=1, limit=2) == ["Foreign", "Own"]
    assert names(skip=3) == [ADMINISTRATORS, VIEWERS]
    assert names(limit=0) == []


def test_the_parts_that_are_not_wanted_are_not_read(zone: Zone, lists: ListCollections) -> None:
    assert not lists.one(zone.guid, "Own", Parts(roles=False)).roles


@pytest.mark.parametrize("name", ["Far", "own", "", "a\x00b", "x" * 300, "\ud800"])
def test_another_name_is_unknown(zone: Zone, lists: ListCollections, name: str) -> None:
    with pytest.raises(RoleCollectionNotFound):
        lists.one(zone.guid, name, EVERYTHING)
    assert not lists.page(zone.guid, Selection(name), EVERYTHING)


def test_responses_with_too_many_users_are_refused(
    domain: Domain, zone: Zone, lists: ListCollections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 1)
    assign(domain, stored_user(domain, zone, "anna"), "Own")
    assert len(lists.one(zone.guid, "Own", EVERYTHING).members) == 1
    assign(domain, stored_user(domain, zone, "otto"), VIEWERS)
    with pytest.raises(InvalidRequest, match="more than 1 users in one response"):
        lists.page(zone.guid, ALL, EVERYTHING)
    assert len(lists.page(zone.guid, ALL, Parts(mappings=True))) == 5


def test_collections_of_a_role(zone: Zone, lists: ListCollections) -> None:
    found = lists.with_role(zone.guid, RoleKey(f"app!t{zone.index}", "Viewer", "Viewer"))
    assert [each.name for each in found] == ["Declared", "Foreign", "Own"]
    assert not lists.with_role(zone.guid, RoleKey(f"app!t{zone.index}", "Viewer", "Editor"))
    assert not lists.with_role(zone.guid, RoleKey("a\x00", "Viewer", "Viewer"))


def test_statements_do_not_grow_with_collections(
    domain: Domain, zone: Zone, lists: ListCollections, statements: list[str]
) -> None:
    service = ZoneCollections(domain.transactions)
    counts = []
    for number in range(2):
        for part in range(5):
            service.create(OPERATOR, zone.guid, f"More {number}{part}", None)
        statements.clear()
        lists.page(zone.guid, ALL, EVERYTHING)
        counts.append(len(statements))
    # The zone, whether it is mixed, the database's time, the collections and their three parts.
    assert counts[0] == counts[1] <= 8

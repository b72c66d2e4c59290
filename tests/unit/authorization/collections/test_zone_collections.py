"""Role collections that administrators make (I-150)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections import zone_collections
from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.names import ADMINISTRATORS
from broker.authorization.collections.zone_collections import NewCollection, ZoneCollections
from broker.errors import AlreadyExists, InvalidRequest, NotFound, StateConflict
from broker.store.authorization.collections.role_collections import CollectionTable
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain

VIEWER = RoleKey("app!t1", "Viewer", "Viewer")


def test_collections_are_created_and_deleted(domain: Domain) -> None:
    zone = domain.provision("i", descriptor("app", "All")).instance.client.zone
    collections = ZoneCollections(domain.transactions)
    collections.create(OPERATOR, zone.subdomain, "Own", "A description")
    with pytest.raises(AlreadyExists, match="already exists in this subaccount"):
        collections.create(OPERATOR, "1", "own", None)
    collections.add_roles(OPERATOR, "1", "Own", VIEWER)
    assert assign(domain, stored_user(domain, zone), "Own")
    found = collections.show("1", "Own")
    assert (found.collection.app_id, found.collection.is_read_only) == ("xsuaa!t1", False)
    assert str(collections.delete(OPERATOR, "1", "Own")) == "1 user and 0 mappings"
    with pytest.raises(NotFound):
        collections.show("1", "Own")
    names = [each.collection.name for each in collections.all("1")]
    assert names == ["All", ADMINISTRATORS, "Subaccount Viewer"]


def test_read_only_collections_keep_their_roles(on_sqlite: Domain) -> None:
    """I-150."""
    on_sqlite.provision("i", descriptor("app", "All"))
    collections = ZoneCollections(on_sqlite.transactions)
    for name in ("All", ADMINISTRATORS):
        with pytest.raises(StateConflict, match="read-only"):
            collections.add_roles(OPERATOR, "1", name, VIEWER)
        with pytest.raises(StateConflict, match="read-only"):
            collections.delete(OPERATOR, "1", name)


def test_roles_of_another_zone_do_not_exist(on_sqlite: Domain) -> None:
    """TH-13."""
    on_sqlite.provision("i", descriptor("app"))
    on_sqlite.provision("j", descriptor("app"), organization_guid="other")
    collections = ZoneCollections(on_sqlite.transactions)
    collections.create(OPERATOR, "2", "Own", None)
    with pytest.raises(NotFound, match="no role"):
        collections.add_roles(OPERATOR, "2", "Own", VIEWER)


def test_a_zone_has_a_maximum(on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    on_sqlite.provision("i")
    monkeypatch.setattr(zone_collections, "MAX_COLLECTIONS", 2)
    # They are counted, not read: one request creates hundreds.
    monkeypatch.delattr(CollectionTable, "all")
    with pytest.raises(StateConflict, match="2 role collections, the maximum"):
        ZoneCollections(on_sqlite.transactions).create(OPERATOR, "1", "Own", None)


def test_the_roles_of_a_request_are_limited(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_sqlite.provision("i", descriptor("app"))
    monkeypatch.setattr(zone_collections, "MAX_NEW_ROLES", 2)
    service = ZoneCollections(on_sqlite.transactions)
    new = [NewCollection(name, roles=[VIEWER]) for name in "abc"]
    with pytest.raises(InvalidRequest, match="3 roles in one request; at most 2"):
        service.create_all(OPERATOR, "1", new)
    service.create_all(OPERATOR, "1", new[:2])
    assert {"a", "b"} <= {each.collection.name for each in service.all("1")}


def test_references_of_declared_collections_are_shown(on_sqlite: Domain) -> None:
    declared = descriptor("app", "All")
    declared["role-collections"][0]["role-template-references"] += [
        "$XSAPPNAME(application,b).Viewer",
        "$XSAPPNAME(application,c).Viewer",
    ]
    on_sqlite.provision("i", declared)
    on_sqlite.provision("b", descriptor("b"))
    found = ZoneCollections(on_sqlite.transactions).show("1", "All")
    assert (found.references, found.waiting) == (["b!t1.Viewer"], ["c!t1.Viewer"])

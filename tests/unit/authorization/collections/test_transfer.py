"""Export and import of role collections (P4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.authorization.collections.assign import Terms
from broker.authorization.collections.custom_roles import CustomRole, ZoneRoles
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping, RoleKey
from broker.authorization.collections.names import ADMINISTRATORS
from broker.authorization.collections.transfer import Transfer
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.errors import InvalidRequest
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def filled(domain: Domain) -> dict[str, Any]:
    """Return the export of a zone with one of everything."""
    zone = domain.provision("i", descriptor("app", "All")).instance.client.zone
    key = RoleKey("app!t1", "Viewer", "custom")
    ZoneRoles(domain.transactions).create(OPERATOR, "1", CustomRole(key, "A role", {}))
    collections = ZoneCollections(domain.transactions)
    collections.create(OPERATOR, "1", "Own", "A collection")
    collections.add_roles(OPERATOR, "1", "Own", key)
    rule = CollectionMapping("Own", "corporate", "Groups", "staff")
    MapCollections(domain.transactions).map(OPERATOR, "1", rule)
    user = stored_user(domain, zone)
    for name in ("Own", "All", ADMINISTRATORS):
        assign(domain, user, name)
    exported = Transfer(domain.transactions).export("1")
    return json.loads(json.dumps(exported))  # type: ignore[no-any-return]


def test_an_export_moves_to_another_zone(domain: Domain) -> None:
    """Application ids get the index of the new zone; users are found by name."""
    exported, transfer = filled(domain), Transfer(domain.transactions)
    again = transfer.load(OPERATOR, "1", exported)
    assert (again.created, again.failed) == ({}, [])
    zone = domain.provision("j", descriptor("app"), organization_guid="other").instance.client.zone
    stored_user(domain, zone)
    moved = transfer.load(OPERATOR, "2", exported)
    assert moved.created == {
        "roles": 1,
        "collections": 1,
        "roles_in_collections": 1,
        "assignments": 2,
        "mappings": 1,
    }
    # The new application declares no such collection.
    assert len(moved.failed) == 1
    assert 'no role collection "All"' in moved.failed[0]
    own = ZoneCollections(domain.transactions).show("2", "Own")
    assert [str(each) for each in own.roles] == ["custom (app!t2, Viewer)"]
    assert [each.user_name for each in own.assignments] == ["anna"]
    assert [each.value for each in own.mappings] == ["staff"]


def test_mappings_of_declared_and_built_in_collections_move(on_sqlite: Domain) -> None:
    """Also of collections that no user is assigned to."""
    for domain_zone in ("org", "other"):
        on_sqlite.provision(domain_zone, descriptor("app", "All"), organization_guid=domain_zone)
    for name in ("All", ADMINISTRATORS):
        rule = CollectionMapping(name, "corporate", "Groups", "staff")
        MapCollections(on_sqlite.transactions).map(OPERATOR, "1", rule)
    transfer = Transfer(on_sqlite.transactions)
    exported = json.loads(json.dumps(transfer.export("1")))
    moved = transfer.load(OPERATOR, "2", exported)
    assert (moved.created, moved.failed) == ({"mappings": 2}, [])
    imported = transfer.export("2")["collections"]
    assert [each["mappings"] for each in imported] == [
        each["mappings"] for each in exported["collections"]
    ]


def test_an_import_keeps_the_terms_of_assignments(on_sqlite: Domain) -> None:
    """An older export does not extend an assignment that was limited since (I-161)."""
    exported, transfer = filled(on_sqlite), Transfer(on_sqlite.transactions)
    zone = on_sqlite.instance("i").client.zone
    user = on_sqlite.transactions.read(lambda store: store.users.named(zone, "sap.default", "anna"))
    assert user is not None
    until = datetime.now(UTC) + timedelta(days=1)
    assign(on_sqlite, user, "Own", terms=Terms(until))
    again = transfer.load(OPERATOR, "1", exported)
    assert again.created == {}
    [failed] = again.failed
    assert "another expiry" in failed
    [kept] = ZoneCollections(on_sqlite.transactions).show("1", "Own").assignments
    assert kept.expires_at == until


@pytest.mark.parametrize("key", ["read_only", "read-only"])
def test_read_only_has_a_hyphen_in_exports_of_earlier_versions(on_sqlite: Domain, key: str) -> None:
    filled(on_sqlite)
    collection = {"name": "New", key: True}
    document = {"version": 1, "collections": [collection]}
    result = Transfer(on_sqlite.transactions).load(OPERATOR, "1", document)
    assert (result.created, result.failed) == ({}, [])


def test_an_import_changes_no_read_only_collection(on_sqlite: Domain) -> None:
    """TH-11: a forged export adds no role to a declared or built-in collection."""
    exported = filled(on_sqlite)
    viewer = {"application": "app!t1", "template": "Viewer", "name": "Viewer"}
    for each in exported["collections"]:
        each["read_only"] = False
        each["roles"] = [viewer]
    result = Transfer(on_sqlite.transactions).load(OPERATOR, "1", exported)
    assert result.created == {"roles_in_collections": 1}
    assert sum("read-only" in each for each in result.failed) == 3


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"version": 2},
        {"version": 1, "other": 1},
        {"version": 1, "collections": [{"name": 1}]},
        {"version": 1, "roles": [{"name": "x"}]},
        {
            "version": 1,
            "collections": [
                {
                    "name": "x",
                    "assignments": [{"origin": "o", "name": "n", "expires": "2020-01-01T00:00"}],
                }
            ],
        },
    ],
    ids=str,
)
def test_other_documents_are_refused(on_sqlite: Domain, document: object) -> None:
    on_sqlite.provision("i")
    with pytest.raises(InvalidRequest, match="an export"):
        Transfer(on_sqlite.transactions).load(OPERATOR, "1", document)


@pytest.mark.parametrize(
    "collection",
    [
        {"name": "x" * 65},
        {"name": "own\0"},
        {"name": "own "},
        {"name": "Own", "assignments": [{"origin": "sap.default", "name": "nobody"}]},
        {"name": "Own", "assignments": [{"origin": "sap.default", "name": "a\0"}]},
        {"name": "Own", "mappings": [{"origin": "sap.default", "attribute": "a", "value": "b"}]},
        {
            "name": "Own",
            "assignments": [
                {"origin": "sap.default", "name": "anna", "expires": "2020-01-01T00:00:00Z"}
            ],
        },
        {
            "name": "Own",
            "assignments": [
                {"origin": "sap.default", "name": "anna", "expires": "9999-12-31T23:00:00-12:00"}
            ],
        },
    ],
    ids=["long", "control", "similar", "user", "control-user", "mapping", "expired", "overflow"],
)
def test_what_cannot_be_applied_is_reported(on_sqlite: Domain, collection: dict[str, Any]) -> None:
    filled(on_sqlite)
    document = {"version": 1, "collections": [collection]}
    result = Transfer(on_sqlite.transactions).load(OPERATOR, "1", document)
    assert len(result.failed) == 1
    assert result.created == {}

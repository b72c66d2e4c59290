"""Mappings of provider attributes and groups (I-159)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.search import AuditFilter
from broker.authorization.collections import map_collections
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.errors import InvalidRequest, NotFound, StateConflict
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.role_collections import descriptor

if TYPE_CHECKING:
    from tests.support.domain import Domain

RULE = CollectionMapping("All", "corporate", "Country", "DE")


def service(domain: Domain) -> MapCollections:
    domain.provision("i", descriptor("app", "All"))
    return MapCollections(domain.transactions)


def test_a_mapping_is_added_once_and_removed(domain: Domain) -> None:
    """I-159: the operator is answered as given and does not distinguish mappings."""
    mappings = service(domain)
    assert mappings.map(OPERATOR, "1", replace(RULE, operator="EQUALS"))
    assert not mappings.map(OPERATOR, "1", RULE)
    assert mappings.map(OPERATOR, "1", replace(RULE, value="de"))
    found = ZoneCollections(domain.transactions).show("1", "All").mappings
    assert [(each.value, each.operator) for each in found] == [("DE", "EQUALS"), ("de", "equals")]
    assert found[0].created_by == "command-line:operator"
    assert mappings.unmap(OPERATOR, "1", RULE)
    assert not mappings.unmap(OPERATOR, "1", RULE)


def test_changes_are_audited_with_all_parts_of_the_mapping(on_sqlite: Domain) -> None:
    mappings, rule = service(on_sqlite), replace(RULE, operator="EQUALS")
    assert mappings.map(OPERATOR, "1", rule)
    assert mappings.unmap(OPERATOR, "1", rule)
    events = [
        each
        for each in audit_events(on_sqlite.engine, AuditFilter(), None)
        if each.action in {"map-role-collection", "unmap-role-collection"}
    ]
    assert [each.details for each in events] == [
        {"origin": "corporate", "attribute": "Country", "value": "DE", "operator": "EQUALS"}
    ] * 2


def test_groups_have_one_spelling(on_sqlite: Domain) -> None:
    """I-42."""
    mappings = service(on_sqlite)
    assert mappings.map(OPERATOR, "1", replace(RULE, attribute="groups"))
    assert not mappings.map(OPERATOR, "1", replace(RULE, attribute="Groups"))
    assert mappings.map(OPERATOR, "1", replace(RULE, attribute="GROUPS"))


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": "contains"},
        {"origin": "sap.default"},
        {"origin": "ldap"},
        {"origin": "Corporate"},
        {"origin": "x" * 37},
        {"attribute": ""},
        {"attribute": "x" * 256},
        {"value": ""},
        {"value": "a\0"},
        {"value": "x" * 256},
    ],
    ids="-".join,
)
def test_other_mappings_are_refused(on_sqlite: Domain, changes: dict[str, Any]) -> None:
    mappings = service(on_sqlite)
    [path] = changes
    with pytest.raises(InvalidRequest, match=f"{path}:"):
        mappings.map(OPERATOR, "1", replace(RULE, **changes))


def test_the_collection_exists(on_sqlite: Domain) -> None:
    with pytest.raises(NotFound):
        service(on_sqlite).map(OPERATOR, "1", replace(RULE, collection="all"))


def test_a_zone_has_a_maximum(on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_collections, "MAX_MAPPINGS", 1)
    mappings = service(on_sqlite)
    mappings.map(OPERATOR, "1", RULE)
    with pytest.raises(StateConflict, match="1 mappings, the maximum"):
        mappings.map(OPERATOR, "1", replace(RULE, value="FR"))

"""Lists of mappings, on both databases, in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.views.mappings import ListMappings
from broker.errors import RoleCollectionNotFound
from tests.support.domain import OPERATOR
from tests.support.users import zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def fill(domain: Domain, zone: Zone, *names: str) -> None:
    """Create collections, each mapped from two values of two providers."""
    collections = ZoneCollections(domain.transactions)
    mappings = MapCollections(domain.transactions)
    for name in names:
        collections.create(OPERATOR, zone.guid, name, None)
        for origin, attribute in (("corp", "Groups"), ("corp", "mail"), ("other", "Groups")):
            mapping = CollectionMapping(name, origin, attribute, f"{name} {attribute}")
            assert mappings.map(OPERATOR, zone.guid, mapping)


@pytest.fixture
def zone(domain: Domain) -> Zone:
    far, found = zone_of(domain, "far"), zone_of(domain)
    fill(domain, far, "Far")
    fill(domain, found, "B", "A")
    return found


@pytest.fixture
def lists(domain: Domain) -> ListMappings:
    return ListMappings(domain.transactions)


def test_mappings_of_an_origin(zone: Zone, lists: ListMappings) -> None:
    def values(origin: str, **selection: str) -> list[str]:
        return [each.value for each in lists.of_origin(zone.guid, origin, **selection)]

    assert values("corp") == ["A Groups", "A mail", "B Groups", "B mail"]
    assert values("corp", attribute="groups") == ["A Groups", "B Groups"]
    assert values("corp", attribute="mail", collection="B") == ["B mail"]
    assert values("other", collection="A") == ["A Groups"]
    assert values("unknown") == values("sap.default") == []
    for name in ("Far", "a", "", "a\x00b", "x" * 300):
        with pytest.raises(RoleCollectionNotFound):
            lists.of_origin(zone.guid, "corp", collection=name)


def test_collections_of_a_value(zone: Zone, lists: ListMappings) -> None:
    def names(*given: str) -> list[str]:
        return [each.name for each in lists.collections(zone.guid, *given)]

    assert names("corp", "groups", "A Groups") == ["A"]
    for other in (
        ("corp", "Groups", "a groups"),
        ("corp", "mail", "A Groups"),
        ("third", "Groups", "A Groups"),
        ("corp", "Groups", "Far Groups"),
        ("corp", "Groups", "\x00"),
    ):
        assert names(*other) == []


def test_statements_do_not_grow_with_mappings(
    domain: Domain, zone: Zone, lists: ListMappings, statements: list[str]
) -> None:
    counts = []
    for number in range(2):
        fill(domain, zone, *(f"More {number}{part}" for part in range(4)))
        statements.clear()
        lists.of_origin(zone.guid, "corp")
        lists.collections(zone.guid, "corp", "Groups", "A Groups")
        counts.append(len(statements))
    # Each: two for the zone, the mappings; the second also the collections.
    assert counts[0] == counts[1] <= 9

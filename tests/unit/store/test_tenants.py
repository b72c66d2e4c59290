"""Tenants in the database; ``tests/unit/lifecycle/zones`` tests what uses them (D-53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.lifecycle.zones.ports import Placement
from broker.store.tenants import all_zones
from tests.support.tenants import complete_tenants, forget_tenants, mix_tenants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.domain import Domain


@pytest.fixture
def mixed(on_sqlite: Domain) -> Domain:
    """A mixed zone, and a zone of one tenant."""
    mix_tenants(on_sqlite)
    on_sqlite.provision("i", {"xsappname": "app"})
    return on_sqlite


def test_a_mixed_zone_is_recognised(mixed: Domain) -> None:
    zones = {name: mixed.instance(name).client.zone for name in ("one", "i")}
    store = mixed.transactions
    assert store.read(lambda found: found.tenants.is_mixed(zones["one"]))
    assert not store.read(lambda found: found.tenants.is_mixed(zones["i"]))
    overviews = store.read(lambda found: found.tenants.zones())
    assert all_zones(mixed.engine) == overviews
    assert [each.zone.subdomain for each in overviews if each.is_mixed] == ["zone-1"]
    assert [(each.instances, each.tenants) for each in overviews] == [(2, 2), (1, 1)]
    assert store.read(lambda found: found.tenants.instances_of(zones["one"])) == ["one", "two"]


def test_pages_of_earlier_rows(mixed: Domain) -> None:
    forget_tenants(mixed)

    def unplaced(limit: int) -> Sequence[int]:
        found = mixed.transactions.read(lambda store: store.tenants.unplaced(limit))
        return [each.row_id for each in found]

    assert len(unplaced(2)) == 2
    assert len(unplaced(9)) == 3
    complete_tenants(mixed)
    assert unplaced(9) == []
    mixed.transactions.run(lambda store: store.tenants.place([]))


def test_a_new_space_reaches_the_references(mixed: Domain) -> None:
    """A successor in the new space of a deleted target resolves them."""
    target = mixed.instance("two")
    placement = Placement(
        target.row_id, target.client.row_id, target.tenant, target.space, moves_space=True
    )
    mixed.transactions.run(lambda store: store.tenants.place([placement]))
    assert len(mixed.scopes("two")) == 2
    mixed.deprovision("two")
    mixed.provision(
        "two-again",
        {"xsappname": "two", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]},
        organization_guid="-",
        space_guid="-",
        context={"platform": "sapcp", "subaccount_id": "one"},
    )
    assert len(mixed.scopes("two-again")) == 2

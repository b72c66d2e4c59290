"""The list of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.views.zones import ListZones
from tests.support.console_world import ConsoleWorld

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_zones_with_their_numbers(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    assert world.people
    found = ListZones(domain.transactions).page("", skip=0, limit=10)
    assert {(each.zone, each.instances, each.users) for each in found} == {
        (world.zone, 1, 3),
        (world.foreign_zone, 1, 1),
    }
    assert {each.platform for each in found} == {"default"}


def test_search_and_pages(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    zones = sorted([world.zone, world.foreign_zone], key=lambda each: each.subdomain)
    listed = ListZones(domain.transactions)
    found = listed.page(world.zone.subdomain.upper(), skip=0, limit=10)
    assert [each.zone for each in found] == [world.zone]
    found = listed.page(world.zone.guid, skip=0, limit=10)
    assert [each.zone for each in found] == [world.zone]
    assert [each.zone for each in listed.page("", skip=1, limit=1)] == [zones[1]]
    assert [each.zone for each in listed.page("", descending=True, skip=0, limit=1)] == [zones[1]]
    assert list(listed.page("%", skip=0, limit=10)) == []
    assert list(listed.page("\0", skip=0, limit=10)) == []

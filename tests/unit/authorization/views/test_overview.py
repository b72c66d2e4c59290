"""The overview of role collections."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broker.authorization.views.overview import CollectionOverviews, CollectionQuery
from tests.support.console_world import ConsoleWorld
from tests.support.rights import assign
from tests.support.statements import statements_of
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def page(world: ConsoleWorld, **query: Any) -> list[tuple[str, int, int, int]]:
    selected = CollectionQuery(world.domain.clock.now(), **query)
    found = CollectionOverviews(world.domain.transactions).page(world.zone, selected)
    return [(each.collection.name, each.roles, each.users, each.mappings) for each in found]


def test_numbers(domain: Domain) -> None:
    """Expired assignments are not counted."""
    world = ConsoleWorld(domain)
    assert world.people
    assert world.user.zone == world.zone
    later = stored_user(domain, world.zone, "later")
    assign(domain, later, "app readers", expires_at=NOW + timedelta(hours=1))
    assert ("app readers", 1, 2, 1) in page(world)
    domain.clock.advance(hours=2)
    assert ("app readers", 1, 1, 1) in page(world)
    names = [each[0] for each in page(world)]
    assert names == ["Subaccount Administrator", "Subaccount Viewer", "app readers"]


def test_search_order_and_pages(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    assert world.people
    assert [each[0] for each in page(world, text="VIEWER")] == ["Subaccount Viewer"]
    assert page(world, text="%") == page(world, text="\0") == []
    assert page(world, is_read_only=False) == []
    assert len(page(world, is_read_only=True)) == 3
    assert page(world, order="name", is_descending=True)[0][0] == "app readers"
    assert page(world, order="users")[0][0] == "app readers"
    assert page(world, skip=2, limit=1)[0][0] == "app readers"


def test_one_statement(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    assert world.zone.index == 1
    with statements_of(domain.engine) as statements:
        page(world)
    assert len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]) == 1

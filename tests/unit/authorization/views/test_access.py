"""Who has which role collections."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.authorization.views.access import ReadAccess
from broker.errors import NotFound
from broker.search.condition import Selection
from tests.support.console_world import ConsoleWorld
from tests.support.rights import assign, map_
from tests.support.statements import statements_of
from tests.support.users import NOW, stored_provider, stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_a_user_with_its_assignments_and_sessions(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    world.enter("admin")
    admin, read = world.people["admin"], ReadAccess(domain.transactions)
    assign(domain, admin, "app readers", expires_at=NOW + timedelta(hours=1))
    with statements_of(domain.engine) as statements:
        found = read.user(world.zone, admin.user_id, domain.clock.now())
    assert len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]) <= 4
    assert [each.collection for each in found.assignments] == [
        "Subaccount Administrator",
        "app readers",
    ]
    assert (len(found.sessions), found.mapped) == (1, [])
    domain.clock.advance(hours=2)
    assert read.user(world.zone, admin.user_id, domain.clock.now()).sessions == []


@pytest.mark.parametrize("user_id", ["", "unknown", "\0", "x" * 300])
def test_unknown_users(domain: Domain, user_id: str) -> None:
    world, read = ConsoleWorld(domain), ReadAccess(domain.transactions)
    with pytest.raises(NotFound):
        read.user(world.zone, user_id, NOW)
    with pytest.raises(NotFound):
        read.member(world.zone, user_id)


def test_users_of_other_zones_do_not_exist(domain: Domain) -> None:
    world, read = ConsoleWorld(domain), ReadAccess(domain.transactions)
    stranger = world.people["stranger"]
    assert read.member(world.foreign_zone, stranger.user_id) == stranger
    with pytest.raises(NotFound):
        read.user(world.zone, stranger.user_id, NOW)
    names = {each.name for each in read.users(world.zone, Selection("userName"))}
    assert names == {"admin", "auditor", "nobody"}


def test_a_collection_with_a_page_of_its_users(domain: Domain) -> None:
    world, read = ConsoleWorld(domain), ReadAccess(domain.transactions)
    for name in ("a", "b", "c"):
        assign(domain, stored_user(domain, world.zone, name), "app readers")
    found = read.collection(world.zone, "app readers", NOW, skip=1, limit=1)
    assert [each.name for each in found.assignees] == ["b"]
    assert (found.summary.users, [each.key.template for each in found.roles]) == (3, ["Reader"])
    for name in ("App readers", "", "\0"):
        with pytest.raises(NotFound):
            read.collection(world.zone, name, NOW, skip=0, limit=1)
    with pytest.raises(NotFound):
        read.collection(world.foreign_zone, "app readers", NOW, skip=0, limit=1)


def test_providers_with_their_numbers(domain: Domain) -> None:
    world, read = ConsoleWorld(domain), ReadAccess(domain.transactions)
    assert [each.provider.origin for each in read.providers(world.zone)] == ["sap.default"]
    for origin in ("idp-1", "idp-2"):
        stored_provider(domain, world.zone, origin)
    user = stored_user(domain, world.zone, "x", origin="idp-1")
    map_(domain, user, "app readers", "Groups", "a")
    map_(domain, replace(user, origin="idp-2"), "app readers", "Groups", "a")
    stored_user(domain, world.zone)
    with statements_of(domain.engine) as statements:
        found = read.providers(world.zone)
    assert len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]) == 2
    numbers = {each.provider.origin: (each.users, each.mappings) for each in found}
    assert numbers == {"sap.default": (1, 0), "idp-1": (1, 1), "idp-2": (0, 1)}

"""The repositories of one transaction share its connection: a dry run rolls all of them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.identity.zone import ZoneKey
from broker.store.zones import StoredZones
from tests.support.instances import START

if TYPE_CHECKING:
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain


def test_repositories_share_writes_and_a_dry_run_leaves_nothing(
    on_sqlite: Domain,
) -> None:
    key = ZoneKey("default", "organization:new", name="new")

    def work(found: Repositories) -> tuple[str, bool]:
        assert not found.is_rehearsal
        found.rehearse()
        found.lock("i")
        subdomain = found.zones.find_or_create(key, START).subdomain
        found.held_names.hold("app!t1", "space", START, START.replace(year=2031))
        return subdomain, found.held_names.held_from("app!t1", "other", START) is not None

    subdomain, is_held = on_sqlite.transactions.run(work)
    assert is_held
    assert not StoredZones(on_sqlite.engine).has_subdomain(subdomain)
    assert on_sqlite.transactions.run(lambda found: found.held_names.release("app!t1")) is False


def test_the_time_is_aware(on_sqlite: Domain) -> None:
    assert on_sqlite.transactions.read(lambda found: found.time()).tzinfo is not None

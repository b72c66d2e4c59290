"""Look-ups of zones by the key endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event

from broker.store.zones import StoredZones

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_a_known_zone_is_not_queried_again(domain: Domain) -> None:
    zones = StoredZones(domain.engine)
    domain.provision("i", {"xsappname": "app"})
    credentials = domain.bind("i", "b")
    guid, subdomain = credentials["zoneid"], credentials["identityzone"]
    statements: list[object] = []

    def note(*arguments: object) -> None:
        statements.append(arguments[2])

    event.listen(domain.engine, "before_cursor_execute", note)
    for _ in range(3):
        assert zones.has_guid(guid)
        assert zones.has_subdomain(subdomain)
    assert len(statements) == 2
    for _ in range(3):
        assert not zones.has_guid(subdomain)
        assert not zones.has_subdomain(guid)
    assert len(statements) == 8


def test_a_new_zone_is_found_at_once(domain: Domain) -> None:
    zones = StoredZones(domain.engine)
    domain.provision("i", {"xsappname": "app"}, organization_guid="first")
    name = domain.bind("i", "b")["identityzone"].replace("1", "2")
    assert not zones.has_subdomain(name)
    domain.provision("j", {"xsappname": "app"}, organization_guid="second")
    assert zones.has_subdomain(domain.bind("j", "b")["identityzone"])

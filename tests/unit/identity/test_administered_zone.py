"""The zone that a command names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import NotFound, StateConflict
from broker.identity.administered_zone import administered_zone
from tests.support.users import A_ZONE

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


class MixedZone:
    """A store whose only zone contains instances of several tenants."""

    @property
    def zones(self) -> MixedZone:
        return self

    tenants = zones

    def named(self, name: str) -> Zone | None:
        return A_ZONE if name == A_ZONE.subdomain else None

    def is_mixed(self, zone: Zone) -> bool:
        return True


def found(domain: Domain, name: str) -> Zone:
    return domain.transactions.read(lambda store: administered_zone(store, name))


@pytest.mark.parametrize("name", ["\x00", "\udcff", "x" * 5000])
def test_a_name_that_no_database_stores_is_unknown(domain: Domain, name: str) -> None:
    with pytest.raises(NotFound, match="There is no zone"):
        found(domain, name)


def test_a_zone_has_three_names(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    for name in (str(zone.index), zone.guid, zone.subdomain):
        assert found(domain, name) == zone


@pytest.mark.parametrize("name", ["", "7", "other", "9" * 30, "x" * 10_000])
def test_an_unknown_zone_is_an_error(on_sqlite: Domain, name: str) -> None:
    on_sqlite.provision("i")
    with pytest.raises(NotFound, match="There is no zone"):
        found(on_sqlite, name)


def test_a_mixed_zone_has_no_users() -> None:
    """D-53."""
    with pytest.raises(StateConflict, match="zones split zone-1"):
        administered_zone(MixedZone(), A_ZONE.subdomain)

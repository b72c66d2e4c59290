"""Known sources in the database (D-41)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.authentication.passwords.sources import MAX_SOURCES, Known, Source, SourceKind
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

HOME = Source(SourceKind.NETWORK, ("home", "home by the older key"))
CLIENT = Source(SourceKind.CLIENT, ("client",))
NO_DEVICE = Source(SourceKind.DEVICE, ())
ALL = (NO_DEVICE, HOME, CLIENT)


def remember(domain: Domain, user: User, *sources: Source, days: int = 0) -> None:
    now = NOW + timedelta(days=days)
    domain.transactions.run(lambda store: store.known_sources.remember(user, sources, now))


def known(
    domain: Domain, user_row_id: int, *sources: Source, days: float = 0, zone: Zone | None = None
) -> Known:
    now, zone = NOW + timedelta(days=days), zone or domain.instance("org").client.zone
    return domain.transactions.read(
        lambda store: store.known_sources.known(zone, user_row_id, sources, now)
    )


def test_sources_are_known_for_90_days_after_the_last_logon(domain: Domain) -> None:
    user = stored_user(domain, zone_of(domain))
    both = frozenset(("network", "client"))
    assert known(domain, user.row_id, *ALL) == Known(to_renew=both)
    remember(domain, user, *ALL)
    assert known(domain, user.row_id, *ALL) == Known(both, is_place_spared=True)
    assert known(domain, user.row_id, *ALL, days=1).to_renew == both
    assert known(domain, user.row_id, *ALL, days=89.9).kinds == both
    assert known(domain, user.row_id, *ALL, days=90) == Known(to_renew=both)
    remember(domain, user, HOME, days=50)
    assert known(domain, user.row_id, *ALL, days=130).kinds == {"network"}
    domain.transactions.run(lambda store: store.users.remove(user))
    assert known(domain, user.row_id, *ALL, days=50) == Known(to_renew=both)


@pytest.mark.parametrize("place", [HOME, CLIENT], ids=["network", "client"])
def test_a_place_is_spared_for_other_users_but_not_known(domain: Domain, place: Source) -> None:
    """Of the same zone: an own logon in another zone does not spare an attacker's network."""
    zone = zone_of(domain)
    anna, bert = stored_user(domain, zone), stored_user(domain, zone, "bert")
    remember(domain, anna, place)
    for row_id in (bert.row_id, 0):
        found = known(domain, row_id, place)
        assert found == Known(is_place_spared=True, to_renew=frozenset({place.kind}))
        elsewhere = known(domain, row_id, place, zone=zone_of(domain, "other"))
        assert not elsewhere.is_place_spared


def test_rows_of_an_older_key_are_known_and_renewed(on_sqlite: Domain) -> None:
    user = stored_user(on_sqlite, zone_of(on_sqlite))
    remember(on_sqlite, user, Source(SourceKind.NETWORK, HOME.lookups[1:]))
    found = known(on_sqlite, user.row_id, HOME)
    assert found.kinds == found.to_renew == {"network"}
    assert found.is_place_spared


def test_the_newest_sources_of_a_kind_are_kept(on_sqlite: Domain) -> None:
    user = stored_user(on_sqlite, zone_of(on_sqlite))
    remember(on_sqlite, user, CLIENT)
    networks = [Source(SourceKind.NETWORK, (str(number),)) for number in range(MAX_SOURCES + 2)]
    for number, network in enumerate(networks):
        remember(on_sqlite, user, network, days=number)
    assert not known(on_sqlite, user.row_id, networks[1], days=30).kinds
    assert known(on_sqlite, user.row_id, networks[2], CLIENT, days=30).kinds == {
        "network",
        "client",
    }

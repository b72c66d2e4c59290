"""Look-ups of a zone's users by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import NotFound
from broker.identity.users.find import UserId, UserName, user_named, user_to_change
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def test_names_are_found_regardless_of_case(on_sqlite: Domain) -> None:
    user = stored_user(on_sqlite, on_sqlite.provision("i").instance.client.zone, "Straße")

    def found(store: Any) -> Any:
        zone = user.zone
        return [
            user_named(store, zone, "uaa", "STRASSE"),
            user_to_change(store, zone, UserName(zone.guid, "strasse")),
            user_to_change(store, zone, UserId(zone.guid, user.user_id)),
        ]

    assert on_sqlite.transactions.run(found) == [user] * 3


def test_a_missing_user_is_named_in_the_error(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    with pytest.raises(NotFound) as refused:
        on_sqlite.transactions.read(lambda store: user_named(store, zone, "corp", "a" * 1000))
    assert str(refused.value).startswith(f"Zone {zone.subdomain} has no user aaa")
    assert str(refused.value).endswith("… of origin corp.")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("user_id", ["", "none", "\0", "x" * 300])
def test_an_id_of_no_user_or_of_another_zone(domain: Domain, user_id: str) -> None:
    zone, other = zone_of(domain), zone_of(domain, "other")
    for each in (user_id, stored_user(domain, other).user_id):
        work = partial(_to_change, zone, each)
        with pytest.raises(NotFound, match=r"User .* does not exist"):
            domain.transactions.run(work)


def _to_change(zone: Zone, user_id: str, store: Any) -> User:
    return user_to_change(store, zone, UserId(zone.guid, user_id))

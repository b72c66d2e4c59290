"""Look-ups of a zone's users by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import NotFound
from broker.identity.users.find import user_named, user_to_change
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_names_are_found_regardless_of_case(on_sqlite: Domain) -> None:
    user = stored_user(on_sqlite, on_sqlite.provision("i").instance.client.zone, "Straße")

    def found(store: Any) -> Any:
        return user_named(store, user.zone, "uaa", "STRASSE"), user_to_change(
            store, user.zone, "sap.default", "strasse"
        )

    assert on_sqlite.transactions.run(found) == (user, user)


def test_a_missing_user_is_named_in_the_error(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    with pytest.raises(NotFound) as refused:
        on_sqlite.transactions.read(lambda store: user_named(store, zone, "corp", "a" * 1000))
    assert str(refused.value).startswith(f"Zone {zone.subdomain} has no user aaa")
    assert str(refused.value).endswith("… of origin corp.")
    assert len(str(refused.value)) < 300

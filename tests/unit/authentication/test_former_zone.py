"""The zone from which a split moved a client (D-53)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from broker.authentication.former_zone import FormerZones
from tests.support.rights import a_client
from tests.support.users import A_ZONE


@dataclass
class Names:
    """The names of one zone; records look-ups."""

    asked: list[int] = field(default_factory=list)

    def is_named(self, index: int, *, guid: str = "", subdomain: str = "") -> bool:
        """Return whether these are the names of zone 9."""
        self.asked.append(index)
        return index == 9 and (guid, subdomain) in {("guid-9", ""), ("", "zone-9")}


@pytest.mark.parametrize(
    ("name", "is_former"),
    [
        ({"guid": "guid-9"}, True),
        ({"subdomain": "zone-9"}, True),
        ({"guid": "zone-9"}, False),
        ({"subdomain": "zone-8"}, False),
    ],
)
def test_the_application_id_keeps_the_index_of_the_former_zone(
    name: dict[str, str], *, is_former: bool
) -> None:
    names = Names()
    assert FormerZones(names).is_of(a_client(A_ZONE, "app!t9"), **name) is is_former
    assert names.asked == [9]


def test_without_a_split_nothing_is_looked_up() -> None:
    names = Names()
    assert not FormerZones(names).is_of(a_client(A_ZONE, "app!t1"), subdomain="zone-9")
    assert names.asked == []

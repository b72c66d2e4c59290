"""The host at which a client's users log in and out (I-62, D-31, D-53)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.authentication.former_zone import FormerZones
from broker.errors import ZoneNotFound
from broker.login.authorization.client_host import HostMoved, HostsOfClients
from tests.support.domain import ADDRESSES
from tests.support.rights import a_client
from tests.support.users import A_ZONE

ADDRESSED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
OWN = "https://zone-1.uaa.example.org"


class Names:
    """Zones whose names contain their indices."""

    def is_named(self, index: int, *, guid: str = "", subdomain: str = "") -> bool:
        """Return whether these are names of the zone."""
        return f"{guid}{subdomain}" in {f"zone-{index}", f"guid-{index}"}


HOSTS = HostsOfClients(ADDRESSED, FormerZones(Names()))
CLIENT, MOVED = a_client(A_ZONE, "app!t1"), a_client(A_ZONE, "app!t9")


@pytest.mark.parametrize("host", ["zone-1.uaa.example.org:443", "uaa.example.org", "other.test"])
def test_own_and_shared_hosts(host: str) -> None:
    HOSTS.require(CLIENT, host)
    HOSTS.require(MOVED, host)


def test_the_host_of_another_zone() -> None:
    for client, host in ((CLIENT, "zone-9"), (MOVED, "zone-8")):
        with pytest.raises(ZoneNotFound):
            HOSTS.require(client, f"{host}.uaa.example.org")
    with pytest.raises(HostMoved) as moved:
        HOSTS.require(MOVED, "zone-9.uaa.example.org")
    assert moved.value.origin == OWN


def test_the_guids_of_a_client_s_zone() -> None:
    assert [HOSTS.is_zone_of(MOVED, guid) for guid in (A_ZONE.guid, "guid-9", "guid-8")] == [
        True,
        True,
        False,
    ]
    assert not HOSTS.is_zone_of(CLIENT, "guid-9")

"""OAuth clients by name, within their zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.identity.clients import StoredClients
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_a_client_id_finds_the_client_of_any_zone(domain: Domain) -> None:
    """I-61, I-62: one statement."""
    domain.provision("i", {"xsappname": "app"})
    domain.provision("j", {"xsappname": "app"}, organization_guid="other", space_guid="other")
    clients = StoredClients(domain.engine)
    for instance in ("i", "j"):
        client = domain.instance(instance).client
        with statements_of(domain.engine) as statements:
            found = clients.with_client_id(client.client_id)
        assert found == client
        assert found.zone.grants_epoch == client.zone.grants_epoch
        assert len([each for each in statements if each.startswith("SELECT")]) == 1
    for text in ("app!t1", "sb-app!t9", "", "\x00", "\udcff", "s" * 300):
        assert clients.with_client_id(text) is None

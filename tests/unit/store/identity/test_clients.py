"""OAuth clients by name, within their zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_a_client_is_found_by_both_ids_in_its_zone_only(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    domain.provision("j", {"xsappname": "app"}, organization_guid="other", space_guid="other")
    one, other = (domain.instance(each).client for each in ("i", "j"))

    def named(name: str) -> object:
        return domain.transactions.read(lambda store: store.clients.named(one.zone, name))

    assert named("sb-app!t1") == named("app!t1") == one
    assert named(other.client_id) is named("app") is named("") is None
    assert named("\x00") is named("\udcff") is None  # databases refuse to look up these

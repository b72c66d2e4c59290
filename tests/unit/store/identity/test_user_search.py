"""Search for users of a zone, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.identity.user import Snapshot
from broker.identity.users.search import UserQuery
from broker.search.condition import Selection
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def found(domain: Domain, zone: Zone, query: UserQuery) -> list[str]:
    page = domain.transactions.read(lambda store: store.user_search.page(zone, query))
    return [f"{each.origin}/{each.name}" for each in page]


def test_users_are_found_by_parts_of_name_and_address(domain: Domain) -> None:
    """I-11; wildcards of SQL match only themselves."""
    zone = domain.provision("i").instance.client.zone
    other = domain.provision("j", organization_guid="other").instance.client.zone
    stored_user(domain, zone, "Änna_1", email="Anna@Example.org")
    stored_user(domain, zone, "berta", email="b@example.com", origin="corp")
    stored_user(domain, zone, "änna-2")
    stored_user(domain, other, "änna")
    everyone = ["corp/berta", "sap.default/änna-2", "sap.default/Änna_1"]
    assert sorted(found(domain, zone, UserQuery())) == sorted(everyone)
    assert sorted(found(domain, zone, UserQuery(name="ÄNN"))) == sorted(everyone[1:])
    assert found(domain, zone, UserQuery(name="_")) == ["sap.default/Änna_1"]
    assert found(domain, zone, UserQuery(name="%")) == []
    assert found(domain, zone, UserQuery(email="EXAMPLE.ORG")) == ["sap.default/Änna_1"]
    assert found(domain, zone, UserQuery(origin="corp", name="e")) == ["corp/berta"]
    assert found(domain, zone, UserQuery(name="') OR 1=1 --")) == []


def test_pages_continue_after_a_user(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    for origin in ("corp", "sap.default"):
        for name in ("a", "B", "c"):
            stored_user(domain, zone, name, origin=origin)
    assert found(domain, zone, UserQuery(limit=2)) == ["corp/a", "corp/B"]
    after = UserQuery(after=("corp", "b"), limit=2)
    assert found(domain, zone, after) == ["corp/c", "sap.default/a"]


def test_lists_contain_no_snapshots(domain: Domain) -> None:
    zone = zone_of(domain)
    stored_user(domain, zone, snapshot=Snapshot(("group",), {}, NOW), last_logon_at=NOW)
    page = domain.transactions.read(
        lambda store: store.user_search.select(zone, Selection("meta.created"))
    )
    assert [(each.name, each.snapshot, each.last_logon_at) for each in page.items] == [
        ("anna", None, NOW)
    ]

"""Who has a scope, by the function that decides rights for tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broker.authorization.collections.custom_roles import CustomRole, ZoneRoles
from broker.authorization.collections.model import RoleAttribute, RoleKey
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.decision.path import Removal
from broker.authorization.views.scope_holders import HolderQuery, ReadScopeHolders, ScopeHolders
from broker.identity.user import Snapshot
from broker.store.identity.client_settings import StoredClientSettings
from tests.support.domain import OPERATOR
from tests.support.rights import assign, decided_rights
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain

DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.Read"}],
    "attributes": [{"name": "Country", "valueType": "string"}],
    "role-templates": [
        {"name": "Reader", "scope-references": ["$XSAPPNAME.read"]},
        {"name": "Capital", "scope-references": ["$XSAPPNAME.Read"]},
        {
            "name": "Restricted",
            "scope-references": ["$XSAPPNAME.read"],
            "attribute-references": [{"name": "Country"}],
        },
    ],
    "role-collections": [
        {"name": "Readers", "role-template-references": ["$XSAPPNAME.Reader"]},
        {"name": "Capitals", "role-template-references": ["$XSAPPNAME.Capital"]},
    ],
}


ROLE = RoleKey("app!t1", "Restricted", "FromProvider")


def from_provider(domain: Domain) -> None:
    """Create a role whose values the provider sends, in a collection of its own."""
    zone, values = domain.instance("i").client.zone.guid, RoleAttribute("idp", ("land",))
    ZoneRoles(domain.transactions).create(
        OPERATOR, zone, CustomRole(ROLE, None, {"Country": values})
    )
    ZoneCollections(domain.transactions).create(OPERATOR, zone, "From provider", None, [ROLE])


def holders(domain: Domain, client: str = "app", scope: str = "read", **query: Any) -> ScopeHolders:
    settings = StoredClientSettings(domain.engine)
    read = ReadScopeHolders(domain.transactions, settings, decided_rights(domain), domain.clock)
    zone = domain.instance("i").client.zone
    return read(zone, client, scope, HolderQuery(domain.clock.now(), **query))


def found(result: ScopeHolders) -> dict[tuple[str, str], tuple[Removal, ...]]:
    return {(each.assigned.user.name, each.collection): each.removals for each in result.holders}


def test_holders_by_assignment(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    zone, now = domain.instance("i").client.zone, domain.clock.now()
    anna, ben = (stored_user(domain, zone, name) for name in ("anna", "Ben"))
    inactive = stored_user(domain, zone, "carl", is_active=False)
    ended = stored_user(domain, zone, "dora")
    assign(domain, anna, "Readers")
    assign(domain, ben, "Readers", expires_at=now + timedelta(days=1))
    assign(domain, ben, "Capitals")
    assign(domain, inactive, "Readers")
    assign(domain, ended, "Readers", expires_at=now)
    assert found(holders(domain)) == {
        ("anna", "Readers"): (),
        ("Ben", "Readers"): (),
    }
    assert list(found(holders(domain, limit=1))) == [("anna", "Readers")]
    assert list(found(holders(domain, skip=1))) == [("Ben", "Readers")]
    assert next(iter(found(holders(domain, is_descending=True)))) == ("Ben", "Readers")
    assert list(found(holders(domain, text="BE"))) == [("Ben", "Readers")]
    assert found(holders(domain, text="\x00")) == {}


def test_a_client_that_cannot_have_the_scope(domain: Domain) -> None:
    """Foreign scopes are those of the users of the client that is named."""
    domain.provision("i", DESCRIPTOR)
    domain.provision("j", {"xsappname": "other"})
    anna = stored_user(domain, domain.instance("i").client.zone)
    assign(domain, anna, "Readers")
    result = holders(domain, client="other", scope="app!t1.read")
    assert found(result) == {("anna", "Readers"): (Removal.NOT_GRANTED,)}


def test_values_that_the_provider_sends(domain: Domain) -> None:
    """Snapshots are read only if a role depends on them, and decide then."""
    domain.provision("i", DESCRIPTOR)
    zone = domain.instance("i").client.zone
    stored_provider(domain, zone, "idp")
    snapshot = Snapshot((), {"land": ("DE",)}, domain.clock.now())
    anna = stored_user(domain, zone, "anna", origin="idp", snapshot=snapshot)
    ben = stored_user(domain, zone, "ben", origin="idp")
    from_provider(domain)
    for each in (anna, ben):
        assign(domain, each, "From provider")
    assert found(holders(domain)) == {
        ("anna", "From provider"): (),
        ("ben", "From provider"): (Removal.NO_VALUE,),
    }

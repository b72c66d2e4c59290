"""A mixed zone is split; credentials keep working, grants end between tenants (D-53)."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.errors import ConfigurationError, ForbiddenChange, InvalidRequest
from broker.identity.tenant import Tenancy
from broker.identity.zone import ZoneDirectory
from broker.lifecycle.zones.split import SplitZone
from broker.store.sealing.owner_checks import owner_problems
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import audit_event, client
from broker.store.tables.declared import role_collection
from broker.store.tenants import TenantTable
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, built_in_rows, descriptor
from tests.support.tenants import EarlierZones, complete_tenants, forget_tenants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.instances.model import Instance
    from broker.lifecycle.zones.split import Split
    from tests.support.domain import Domain


def in_subaccount(subaccount: str | None, **context: str) -> dict[str, Any]:
    sent = {"platform": "sapcp", **context}
    if subaccount:
        sent["subaccount_id"] = subaccount
    return {"organization_guid": "-", "space_guid": "-", "context": sent}


def granting(name: str, *grantees: str, **more: Any) -> dict[str, Any]:
    grants = [f"$XSAPPNAME(application,{grantee})" for grantee in grantees]
    scope = {"name": "$XSAPPNAME.Pay", "grant-as-authority-to-apps": grants}
    return {"xsappname": name, "scopes": [scope], **more}


def accepting(name: str, **more: Any) -> dict[str, Any]:
    return {"xsappname": name, "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"], **more}


COLLECTION = {
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [
        {"name": "Viewers", "role-template-references": ["$XSAPPNAME.Viewer"]},
    ],
}


@pytest.fixture
def mixed(domain: Domain) -> Domain:
    """Two tenants in one zone: the first grants a scope to its own and to a foreign application."""
    domain.use_zones(EarlierZones())
    domain.provision("owner", granting("owner", "own", "foreign"), **in_subaccount("one"))
    domain.provision("own", accepting("own", **COLLECTION), **in_subaccount("one"))
    domain.provision("foreign", accepting("foreign"), **in_subaccount("two"))
    forget_tenants(domain)
    complete_tenants(domain)
    return domain


def split(domain: Domain, name: str = "1", *, dry_run: bool = False) -> Split:
    service = SplitZone(domain.transactions, domain.declare.zones, domain.clock)
    return service(OPERATOR, name, dry_run=dry_run)


def mixed_zones(domain: Domain) -> list[int]:
    overviews = domain.transactions.read(lambda store: store.tenants.zones())
    return [each.zone.index for each in overviews if each.is_mixed]


def pay(domain: Domain, instance_id: str) -> list[str]:
    return [scope for scope in domain.scopes(instance_id) if scope.endswith(".Pay")]


def test_each_tenant_gets_its_own_zone(mixed: Domain) -> None:
    assert mixed_zones(mixed) == [1]
    before = {name: mixed.instance(name).client for name in ("owner", "own", "foreign")}
    assert pay(mixed, "own") == pay(mixed, "foreign") == ["owner!t1.Pay"]
    result = split(mixed)
    after = {name: mixed.instance(name).client for name in before}
    assert {each.instance_id for each in result.moved} == set(before)
    assert result.kept == []
    assert mixed_zones(mixed) == []
    assert after["owner"].zone == after["own"].zone != after["foreign"].zone
    for name, moved in after.items():
        assert (moved.client_id, moved.app_id) == (before[name].client_id, before[name].app_id)
        assert moved.epoch == before[name].epoch + 1
        assert moved.zone != before[name].zone
    # Credentials and instances are bound to their new zones (D-52).
    assert pay(mixed, "own") == ["owner!t1.Pay"]
    assert pay(mixed, "foreign") == []
    assert list(owner_problems(SealedValues(mixed.engine), mixed.keys)) == []
    assert [pin.target_app_id for pin in result.dissolved] == ["foreign!t1"]
    with mixed.engine.connect() as connection:
        built_in = built_in_rows(connection, role_collection)
        query = select(role_collection.c.zone_row_id).where(role_collection.c.id.not_in(built_in))
        [zone] = connection.execute(query).scalars()
        actions = connection.execute(
            select(audit_event.c.action, audit_event.c.instance_id).where(
                audit_event.c.action.in_(("move-instance", "dissolve-pins"))
            )
        ).all()
    assert zone == after["own"].zone.row_id
    assert sorted(map(tuple, actions)) == [
        ("dissolve-pins", "owner"),
        *(("move-instance", name) for name in sorted(before)),
    ]


def test_the_application_goes_on_in_its_zone(mixed: Domain) -> None:
    """Updates, new instances and references by name find what was moved."""
    split(mixed)
    mixed.update("owner", granting("owner", "own", authorities=["$XSAPPNAME.Pay"]))
    assert pay(mixed, "owner") == pay(mixed, "own") == ["owner!t1.Pay"]
    mixed.update("own", accepting("own", authorities=["owner!t1.Pay"], **COLLECTION))
    assert pay(mixed, "own") == ["owner!t1.Pay"]
    mixed.update("owner", granting("owner"))
    assert pay(mixed, "own") == []
    mixed.update("owner", granting("owner", "own", "later"))
    assert pay(mixed, "own") == ["owner!t1.Pay"]
    mixed.provision("later", accepting("later"), **in_subaccount("one"))
    index = mixed.zone_index("own")
    assert mixed.instance("later").client.app_id == f"later!t{index}"
    assert pay(mixed, "later") == ["owner!t1.Pay"]
    mixed.update("own", accepting("own", **COLLECTION))
    mixed.provision("new", granting("new", "own"), **in_subaccount("one"))
    assert pay(mixed, "own") == [f"new!t{index}.Pay", "owner!t1.Pay"]
    with pytest.raises(InvalidRequest, match="already exists"):
        mixed.provision("again", accepting("own"), **in_subaccount("one"))
    mixed.provision("theirs", granting("theirs", "own"), **in_subaccount("two"))
    assert not any(scope.startswith("theirs") for scope in mixed.scopes("own"))
    assert complete_tenants(mixed) == (0, 0)


def test_a_dry_run_changes_nothing(mixed: Domain) -> None:
    tried = split(mixed, mixed.instance("own").client.zone.subdomain, dry_run=True)
    assert len(tried.moved) == 3
    assert mixed_zones(mixed) == [1]
    assert pay(mixed, "foreign") == ["owner!t1.Pay"]
    done = split(mixed, mixed.instance("own").client.zone.guid)
    assert [each.instance_id for each in done.moved] == [each.instance_id for each in tried.moved]


def test_what_cannot_be_moved_stays_with_a_reason(mixed: Domain) -> None:
    """After the upgrade the tenant created a successor, and a collection of the same name."""
    mixed.provision("foreign-2", accepting("foreign"), **in_subaccount("two"))
    mixed.provision("viewers", accepting("v", **COLLECTION), **in_subaccount("one"))
    result = split(mixed)
    reasons = {instance.instance_id: reason for instance, reason in result.kept}
    assert set(reasons) == {"foreign", "own"}
    assert "another application foreign" in reasons["foreign"]
    assert 'another role collection "Viewers"' in reasons["own"]
    assert mixed_zones(mixed) == [1]
    mixed.deprovision("foreign-2")
    mixed.deprovision("viewers")
    assert split(mixed).kept == []
    assert mixed_zones(mixed) == []


def test_an_instance_without_a_tenant_stays_unless_its_platform_has_a_single_one(
    mixed: Domain,
) -> None:
    mixed.use_zones(EarlierZones())
    mixed.provision("unknown", {"xsappname": "u"}, **in_subaccount(None))
    forget_tenants(mixed)
    complete_tenants(mixed)
    single = mixed.declare.zones
    mixed.use_zones(ZoneDirectory((), {"default": Tenancy()}))
    [(kept, reason)] = split(mixed).kept
    assert kept.instance_id == "unknown"
    assert reason.startswith("context.subaccount_id: ")
    mixed.provision("unknown-2", {"xsappname": "u2"}, **in_subaccount("one"))
    mixed.use_zones(single)
    assert mixed_zones(mixed) == []


@pytest.mark.parametrize("name", ["2", "no-zone", ""])
def test_only_a_mixed_zone_is_split(on_sqlite: Domain, name: str) -> None:
    on_sqlite.provision("i")
    on_sqlite.provision("j", organization_guid="other")
    with pytest.raises(ConfigurationError):
        split(on_sqlite, name)


def test_the_last_instance_that_stayed_can_be_moved_later(mixed: Domain) -> None:
    mixed.provision("foreign-2", accepting("foreign"), **in_subaccount("two"))
    assert [instance.instance_id for instance, _ in split(mixed).kept] == ["foreign"]
    assert mixed_zones(mixed) == [1]
    mixed.deprovision("foreign-2")
    assert [each.instance_id for each in split(mixed).moved] == ["foreign"]
    assert mixed_zones(mixed) == []


def test_a_tenant_beside_the_unidentified_one_is_split_off(on_sqlite: Domain) -> None:
    """A single-tenant platform identified its tenant in some requests only."""
    on_sqlite.use_zones(EarlierZones())
    on_sqlite.provision("known", {"xsappname": "k"}, **in_subaccount("one"))
    on_sqlite.provision("unknown", {"xsappname": "u"}, **in_subaccount(None))
    forget_tenants(on_sqlite)
    complete_tenants(on_sqlite)
    assert mixed_zones(on_sqlite) == [1]
    assert {each.instance_id for each in split(on_sqlite).moved} == {"known", "unknown"}
    assert mixed_zones(on_sqlite) == []


def test_an_organization_of_a_single_tenant_is_not_mixed(on_sqlite: Domain) -> None:
    on_sqlite.provision("known", {"xsappname": "k"})
    on_sqlite.provision("unknown", {"xsappname": "u"}, context={"platform": "sapcp"})
    assert on_sqlite.zone_index("known") == on_sqlite.zone_index("unknown")
    assert mixed_zones(on_sqlite) == []


def test_a_bare_name_stays_limited_to_the_own_space(mixed: Domain) -> None:
    """Also after its pin to an application of another tenant was dissolved (D-54)."""
    scope = {"name": "$XSAPPNAME.Pay", "grant-as-authority-to-apps": ["foreign"]}
    mixed.update("owner", {"xsappname": "owner", "scopes": [scope]})
    assert pay(mixed, "foreign") == ["owner!t1.Pay"]
    assert len(split(mixed).dissolved) == 1
    elsewhere = in_subaccount("one", clusterid="c", namespace="n")
    mixed.provision("squatter", accepting("foreign"), **elsewhere)
    assert pay(mixed, "squatter") == []
    mixed.update("owner", {"xsappname": "owner", "scopes": [scope]})
    assert pay(mixed, "squatter") == []


def only_the_own_space_has_a_successor(mixed: Domain) -> None:
    mixed.update("owner", granting("owner", "own"))
    elsewhere = in_subaccount("one", clusterid="c", namespace="n")
    mixed.provision("squatter", accepting("own"), **elsewhere)
    assert pay(mixed, "squatter") == []
    mixed.deprovision("squatter")
    mixed.clock.advance(days=2)
    mixed.provision("successor", accepting("own"), **in_subaccount("one"))
    assert pay(mixed, "successor") == ["owner!t1.Pay"]


def test_a_deleted_target_keeps_its_space_after_a_split(mixed: Domain) -> None:
    """An update after the split writes references with the new index (D-30)."""
    split(mixed)
    mixed.deprovision("own")
    only_the_own_space_has_a_successor(mixed)


def test_a_target_that_was_deleted_before_has_a_successor(mixed: Domain) -> None:
    """In the own space, which a split replaces by that of the new zone."""
    mixed.deprovision("own")
    split(mixed)
    only_the_own_space_has_a_successor(mixed)


def test_a_new_application_refers_to_a_moved_one_by_its_id(mixed: Domain) -> None:
    """Credentials and tokens contain no other id of it."""
    split(mixed)
    descriptor = {"xsappname": "new", "authorities": ["owner!t1.Pay"]}
    mixed.provision("new", descriptor, **in_subaccount("one"))
    mixed.update("owner", granting("owner", "new"))
    assert pay(mixed, "new") == ["owner!t1.Pay"]
    with pytest.raises(InvalidRequest, match="from another organization"):
        mixed.provision("theirs", descriptor | {"xsappname": "x"}, **in_subaccount("two"))
    mixed.deprovision("owner")
    mixed.update("new", descriptor)
    assert pay(mixed, "new") == []


def test_a_moved_collection_in_use_has_the_same_references(mixed: Domain) -> None:
    """I-151: an unchanged descriptor is accepted, although other ids are meant."""
    reader = descriptor("reader", "All")
    references = reader["role-collections"][0]["role-template-references"]
    references.append("$XSAPPNAME(application,own).Viewer")
    mixed.use_zones(EarlierZones())
    mixed.provision("reader", reader, **in_subaccount("one"))
    forget_tenants(mixed)
    complete_tenants(mixed)
    split(mixed)
    zone = mixed.instance("reader").client.zone
    assign(mixed, stored_user(mixed, zone), "All")
    mixed.update("reader", reader)
    [found] = mixed.references("reader")
    assert (found.reference.app_id, found.target_app_id) == (f"own!t{zone.index}", "own!t1")
    references[-1] = "$XSAPPNAME(application,owner).Viewer"
    with pytest.raises(ForbiddenChange):
        mixed.update("reader", reader)


def test_collections_of_administrators_lose_the_roles_of_moved_applications(
    on_sqlite: Domain,
) -> None:
    """They would contain roles of another zone, which no command finds."""
    on_sqlite.use_zones(EarlierZones())
    zone = on_sqlite.provision("i", descriptor("app"), **in_subaccount("one")).instance.client.zone
    collections = ZoneCollections(on_sqlite.transactions)
    collections.create(OPERATOR, zone.guid, "Own", None)
    collections.add_roles(OPERATOR, zone.guid, "Own", RoleKey("app!t1", "Viewer", "Viewer"))
    on_sqlite.provision("j", descriptor("other"), **in_subaccount("two"))
    forget_tenants(on_sqlite)
    complete_tenants(on_sqlite)
    split(on_sqlite)
    assert collections.show(zone.guid, "Own").roles == []


def test_a_grant_by_a_split_holds_the_names(mixed: Domain) -> None:
    mixed.provision("new", granting("new", "own"), **in_subaccount("one"))
    assert not marked(mixed, "new")
    split(mixed)
    assert "new!t2.Pay" in mixed.scopes("own")
    assert marked(mixed, "new")


def marked(domain: Domain, instance_id: str) -> bool:
    row_id = domain.instance(instance_id).client.row_id
    with domain.engine.connect() as connection:
        flag = select(client.c.holds_name).where(client.c.id == row_id)
        return bool(connection.execute(flag).scalar_one())


def test_no_application_of_the_same_name_is_added_meanwhile(
    mixed: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed.provision("new", accepting("new"), **in_subaccount("one"))
    unchanged, errors = TenantTable.obstacle, list[Exception]()

    def provision() -> None:
        try:
            mixed.provision("again", accepting("own"), **in_subaccount("one"))
        except InvalidRequest as error:
            errors.append(error)

    other = Thread(target=provision)

    def obstacle(table: TenantTable, instance: Instance, zone: Zone) -> str | None:
        found = unchanged(table, instance, zone)
        if instance.instance_id == "own":
            other.start()
            other.join(0.5)
        return found

    monkeypatch.setattr(TenantTable, "obstacle", obstacle)
    assert split(mixed).kept == []
    other.join()
    assert [str(error).partition(":")[0] for error in errors] == ["xsappname"]

"""Lists of roles and role templates, on both databases, in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.authorization.collections.custom_roles import CustomRole, ZoneRoles
from broker.authorization.collections.model import RoleAttribute, RoleKey
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.authorization.views.changed_roles import ChangeRoles
from broker.authorization.views.model import RoleSelection
from broker.authorization.views.roles import ListRoles
from broker.errors import NotFound, RoleCollectionNotFound
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.read"}],
    "attributes": [
        {"name": "Country", "description": "Where"},
        {"name": "Cost", "valueRequired": False},
    ],
    "role-templates": [
        {
            "name": "Clerk",
            "description": "A clerk",
            "scope-references": ["$XSAPPNAME.read", "uaa.user"],
            "attribute-references": [{"name": "Country", "default-values": ["DE"]}, "Cost"],
        },
        {"name": "Other"},
    ],
    "role-collections": [{"name": "Clerks", "role-template-references": ["$XSAPPNAME.Clerk"]}],
}
NO_COLLECTIONS: dict[str, Any] = {"role-collections": []}
STATIC = RoleAttribute("static", ("AT",))


@pytest.fixture
def zone(domain: Domain) -> Zone:
    """A zone with an application, and another zone with one of the same kind."""
    domain.provision("far", DESCRIPTOR | {"xsappname": "far"}, organization_guid="far")
    return domain.provision("app", DESCRIPTOR).instance.client.zone


@pytest.fixture
def lists(domain: Domain) -> ListRoles:
    return ListRoles(domain.transactions)


def key(zone: Zone, name: str, template: str = "Clerk") -> RoleKey:
    return RoleKey(f"app!t{zone.index}", template, name)


def test_a_role_with_its_template_values_and_collections(
    domain: Domain, zone: Zone, lists: ListRoles
) -> None:
    custom, app_id = key(zone, "Custom"), f"app!t{zone.index}"
    change = ChangeRoles(domain.transactions)
    created = change.create(OPERATOR, zone.guid, CustomRole(custom, "Mine", {"Country": STATIC}))
    assert created == lists.role(zone.guid, custom)
    assert (created.role.description, created.role.is_default) == ("Mine", False)
    assert created.template.scopes == (f"{app_id}.read", "uaa.user")
    values = {each.name: created.values_of(each) for each in created.template.attributes}
    assert values == {"Country": STATIC, "Cost": RoleAttribute("unrestricted")}
    collections = ZoneCollections(domain.transactions)
    collections.create(OPERATOR, zone.guid, "Own", "An own one", [custom])
    changed = change.change(OPERATOR, zone.guid, CustomRole(custom, None, {"Country": STATIC}))
    assert changed == lists.role(zone.guid, custom)
    assert (changed.role.description, changed.collections) == (None, [("Own", "An own one")])
    default = lists.role(zone.guid, key(zone, "Clerk"))
    assert default.collections == [("Clerks", None)]
    country = next(each for each in default.template.attributes if each.name == "Country")
    assert default.values_of(country) == RoleAttribute("static", ("DE",))
    assert country.description == "Where"


def test_selections(zone: Zone, lists: ListRoles) -> None:
    def names(**selection: str) -> list[str]:
        found = lists.roles(zone.guid, RoleSelection(**selection))
        return [each.role.key.name for each in found]

    app_id = f"app!t{zone.index}"
    assert names() == ["Clerk", "Other", "User and Role Administrator", "User and Role Auditor"]
    assert names(app_id=app_id) == ["Clerk", "Other"]
    assert names(collection="Clerks") == ["Clerk"]
    templates = lists.templates(zone.guid, RoleSelection(app_id), with_roles=True)
    assert [(each.name, len(roles)) for each, roles in templates] == [("Clerk", 1), ("Other", 1)]
    without = lists.templates(zone.guid, RoleSelection(app_id))
    assert [(each.name, roles) for each, roles in without] == [("Clerk", ()), ("Other", ())]
    assert len(lists.templates(zone.guid)) == 4


@pytest.mark.parametrize("name", ["far!t1", "clerk", "", "a\x00b", "x" * 300, "\ud800", "%"])
def test_another_name_is_unknown(zone: Zone, lists: ListRoles, name: str) -> None:
    app_id = f"app!t{zone.index}"
    for selection in (RoleSelection(name), RoleSelection(collection=name)):
        with pytest.raises(NotFound):
            lists.roles(zone.guid, selection)
    with pytest.raises(RoleCollectionNotFound):
        lists.roles(zone.guid, RoleSelection(collection=name))
    for selection in (RoleSelection(name), RoleSelection(app_id, name)):
        with pytest.raises(NotFound):
            lists.templates(zone.guid, selection, with_roles=True)
    for role in (RoleKey(name, "Clerk", "Clerk"), key(zone, name), key(zone, "Clerk", name)):
        with pytest.raises(NotFound, match="There is no role"):
            lists.role(zone.guid, role)


def test_statements_do_not_grow_with_roles(
    domain: Domain, zone: Zone, lists: ListRoles, statements: list[str]
) -> None:
    roles, collections = ZoneRoles(domain.transactions), ZoneCollections(domain.transactions)
    counts = []
    for number in range(2):
        for part in range(4):
            custom = key(zone, f"More{number}{part}")
            roles.create(OPERATOR, zone.guid, CustomRole(custom, None, {"Country": STATIC}))
            collections.create(OPERATOR, zone.guid, f"More {number}{part}", None, [custom])
        another = DESCRIPTOR | NO_COLLECTIONS | {"xsappname": f"more-{number}"}
        domain.provision(f"more-{number}", another)
        statements.clear()
        found = lists.roles(zone.guid)
        listed = len(statements)
        lists.templates(zone.guid, with_roles=True)
        counts.append((listed, len(statements)))
    assert len(found) == 4 + 8 + 4
    # Two for the zone, three for templates, two for roles and values, one for collections.
    assert counts[0] == counts[1]
    assert counts[0][0] <= 9
    assert counts[0][1] <= 21

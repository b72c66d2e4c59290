"""Roles with attribute values that administrators make (I-G3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.authorization.collections import custom_roles
from broker.authorization.collections.custom_roles import (
    UNRESTRICTED,
    CustomRole,
    ZoneRoles,
    narrowed,
)
from broker.authorization.collections.model import RoleAttribute, RoleKey
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.errors import AlreadyExists, InvalidRequest, NotFound, StateConflict
from tests.support.domain import OPERATOR
from tests.support.role_collections import ADMINISTRATOR, assign
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain

DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "attributes": [
        {"name": "Country", "valueType": "string"},
        {"name": "Cost", "valueType": "int", "valueRequired": False},
    ],
    "role-templates": [{"name": "Clerk", "attribute-references": ["Country", "Cost"]}],
}
KEY = RoleKey("app!t1", "Clerk", "Clerk.DE")
VALUES = {"Country": RoleAttribute("static", ("DE", "AT")), "Cost": RoleAttribute("unrestricted")}


def service(domain: Domain) -> ZoneRoles:
    domain.provision("i", DESCRIPTOR)
    return ZoneRoles(domain.transactions)


def test_a_role_has_values_and_leaves_its_collections_when_deleted(domain: Domain) -> None:
    roles, collections = service(domain), ZoneCollections(domain.transactions)
    attributes = VALUES | {"Cost": RoleAttribute("idp", ("cost_center",))}
    roles.create(OPERATOR, "1", CustomRole(KEY, "Germany", attributes))
    [found] = [each for each in roles.all("1") if not each.is_default]
    assert (found.key, found.description, found.attributes) == (KEY, "Germany", attributes)
    collections.create(OPERATOR, "1", "Own", "A collection")
    assert collections.add_roles(OPERATOR, "1", "Own", KEY)
    assert not collections.add_roles(OPERATOR, "1", "Own", KEY)
    assert roles.delete(OPERATOR, "1", KEY) == ["Own"]
    assert collections.show("1", "Own").roles == []
    with pytest.raises(NotFound):
        roles.delete(OPERATOR, "1", KEY)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"Other": RoleAttribute("static", ("x",))}, "attributes.Other"),
        ({"Country": RoleAttribute("unrestricted")}, "attributes.Country"),
        ({"Country": RoleAttribute("static")}, "attributes.Country"),
        ({"Country": RoleAttribute("static", ("x",) * 101)}, "attributes.Country"),
        ({"Country": RoleAttribute("static", ("x" * 256,))}, "attributes.Country"),
        ({"Country": RoleAttribute("static", ("\0",))}, "attributes.Country"),
        ({"Country": RoleAttribute("idp", ("a", "b"))}, "attributes.Country"),
        ({"Cost": RoleAttribute("unrestricted", ("1",))}, "attributes.Cost"),
    ],
    ids=["unknown", "required", "none", "many", "long", "control", "two", "values"],
)
def test_attribute_values_have_rules(
    on_sqlite: Domain, changes: dict[str, RoleAttribute], path: str
) -> None:
    """I-138."""
    with pytest.raises(InvalidRequest) as refused:
        service(on_sqlite).create(OPERATOR, "1", CustomRole(KEY, None, VALUES | changes))
    assert [each.path for each in refused.value.violations] == [path]


def test_a_required_value_is_given(on_sqlite: Domain) -> None:
    with pytest.raises(InvalidRequest, match=r"attributes\.Country: no value"):
        service(on_sqlite).create(OPERATOR, "1", CustomRole(KEY, None, {}))


STATIC, PROVIDED = RoleAttribute("static", ("a", "b")), RoleAttribute("idp", ("groups",))
NOTHING = RoleAttribute("static")


@pytest.mark.parametrize(
    ("own", "limit", "expected"),
    [
        (STATIC, UNRESTRICTED, STATIC),
        (UNRESTRICTED, STATIC, STATIC),
        (STATIC, RoleAttribute("static", ("b", "c")), RoleAttribute("static", ("b",))),
        (STATIC, RoleAttribute("static", ("c",)), NOTHING),
        (STATIC, PROVIDED, NOTHING),
        (PROVIDED, STATIC, NOTHING),
        (PROVIDED, PROVIDED, PROVIDED),
        (PROVIDED, RoleAttribute("idp", ("mail",)), NOTHING),
        (UNRESTRICTED, UNRESTRICTED, UNRESTRICTED),
    ],
)
def test_narrower_values(own: RoleAttribute, limit: RoleAttribute, expected: RoleAttribute) -> None:
    assert narrowed(own, limit) == expected


def test_a_role_is_narrowed_to_what_it_and_the_limits_allow(domain: Domain) -> None:
    roles = service(domain)
    roles.create(OPERATOR, "1", CustomRole(KEY, "Germany", VALUES))
    limits = {"Country": RoleAttribute("static", ("AT", "CH")), "Other": STATIC}
    assert roles.narrow(OPERATOR, "1", KEY, limits)
    assert not roles.narrow(OPERATOR, "1", KEY, limits)
    assert roles.narrow(OPERATOR, "1", KEY, {"Cost": PROVIDED})
    [found] = [each for each in roles.all("1") if each.key == KEY]
    country = RoleAttribute("static", ("AT",))
    assert (found.description, found.attributes) == (
        "Germany",
        {"Country": country, "Cost": PROVIDED},
    )
    for key, error in (
        (RoleKey("app!t1", "Clerk", "Unknown"), NotFound),
        (RoleKey("xsuaa!t1", "xsuaa_admin", "User and Role Administrator"), StateConflict),
    ):
        with pytest.raises(error):
            roles.narrow(OPERATOR, "1", key, limits)


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "\u00e4"])
def test_names_have_few_characters(on_sqlite: Domain, name: str) -> None:
    key = RoleKey("app!t1", "Clerk", name)
    with pytest.raises(InvalidRequest, match="name:"):
        service(on_sqlite).create(OPERATOR, "1", CustomRole(key, None, VALUES))


def test_roles_have_a_template_of_the_zone_and_a_new_name(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TH-13: a template of another zone does not exist."""
    roles = service(on_sqlite)
    on_sqlite.provision("j", DESCRIPTOR, organization_guid="other")
    role = CustomRole(KEY, None, VALUES)
    with pytest.raises(NotFound, match="no role template"):
        roles.create(OPERATOR, "2", role)
    roles.create(OPERATOR, "1", role)
    with pytest.raises(AlreadyExists):
        roles.create(OPERATOR, "1", role)
    monkeypatch.setattr(custom_roles, "MAX_ROLES", 1)
    with pytest.raises(StateConflict, match="the maximum"):
        roles.create(OPERATOR, "1", CustomRole(RoleKey("app!t1", "Clerk", "b"), None, VALUES))


def test_default_roles_stay_and_keep_their_names(on_sqlite: Domain) -> None:
    roles = service(on_sqlite)
    default = next(each for each in roles.all("1") if each.is_default)
    with pytest.raises(StateConflict, match="default role"):
        roles.delete(OPERATOR, "1", default.key)
    roles.create(OPERATOR, "1", CustomRole(KEY, None, VALUES))
    changed = DESCRIPTOR | {"role-templates": [{"name": "Clerk", "default-role-name": KEY.name}]}
    with pytest.raises(InvalidRequest, match=r"role-templates\[0\]\.default-role-name"):
        on_sqlite.update("i", changed)


def test_the_last_administrators_role_stays(on_sqlite: Domain) -> None:
    """I-160: also by way of a custom role of the template, or of its collection."""
    roles, collections = service(on_sqlite), ZoneCollections(on_sqlite.transactions)
    key = RoleKey("xsuaa!t1", "xsuaa_admin", "admins")
    roles.create(OPERATOR, "1", CustomRole(key, None, {}))
    collections.create(OPERATOR, "1", "Own", None)
    collections.add_roles(OPERATOR, "1", "Own", key)
    zone = on_sqlite.instance("i").client.zone
    assign(on_sqlite, stored_user(on_sqlite, zone), "Own")
    with pytest.raises(StateConflict, match="no administrator"):
        roles.delete(ADMINISTRATOR, "1", key)
    with pytest.raises(StateConflict, match="no administrator"):
        collections.remove_roles(ADMINISTRATOR, "1", "Own", key)
    with pytest.raises(StateConflict, match="no administrator"):
        collections.delete(ADMINISTRATOR, "1", "Own")
    assert collections.remove_roles(OPERATOR, "1", "Own", key)

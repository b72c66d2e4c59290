"""Attribute values of roles, which fail closed (I-137, I-138, I-140, decision 0054)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.authorization.decision.assigned import HeldRole, RoleAttribute, TemplateAttribute
from broker.authorization.decision.role_values import RoleValues, provided, role_values, united
from broker.errors import GrantRefused
from broker.identity.user import Snapshot
from tests.support.users import NOW

PROVIDED = {"land": ["DE", "FR"], "empty": [""], "Groups": ["g"]}


def values(attribute: RoleAttribute | None, **changes: Any) -> RoleValues:
    found = {} if attribute is None else {"Country": attribute}
    role = HeldRole(
        1,
        "R",
        "T",
        7,
        "a!t1",
        (),
        is_default=False,
        template_attributes=(TemplateAttribute("Country", **changes),),
        attributes=found,
    )
    return role_values(role, PROVIDED)


MISSING = RoleValues({}, "Country")


@pytest.mark.parametrize(
    ("attribute", "found"),
    [
        (RoleAttribute("static", ("DE",)), {"DE"}),
        (RoleAttribute("idp", ("land",)), {"DE", "FR"}),
        (RoleAttribute("idp", ("land", "Groups")), {"DE", "FR", "g"}),
    ],
)
def test_static_and_provided_values(attribute: RoleAttribute, found: set[str]) -> None:
    assert set(values(attribute).by_attribute["Country"]) == found


@pytest.mark.parametrize("attribute", [RoleAttribute("unrestricted"), None])
def test_unrestricted_values_are_left_out(attribute: RoleAttribute | None) -> None:
    assert values(attribute, is_required=False) == RoleValues({})


@pytest.mark.parametrize(
    "attribute",
    [
        RoleAttribute("idp", ("absent",)),
        RoleAttribute("idp", ("empty",)),
        RoleAttribute("idp", ("Land",)),
        RoleAttribute("idp"),
        RoleAttribute("static"),
        RoleAttribute("newer", ("DE",)),
        None,
    ],
)
def test_a_missing_value_is_not_unrestricted(attribute: RoleAttribute | None) -> None:
    assert values(attribute) == MISSING


@pytest.mark.parametrize("attribute", [RoleAttribute("idp", ("absent",)), RoleAttribute("static")])
def test_nor_is_that_of_an_optional_attribute(attribute: RoleAttribute) -> None:
    assert values(attribute, is_required=False) == MISSING


@pytest.mark.parametrize(
    ("default_values", "is_required", "found"),
    [
        (("DE",), True, RoleValues({"Country": ("DE",)})),
        (("DE",), False, RoleValues({"Country": ("DE",)})),
        ((), False, RoleValues({})),
        ((), True, MISSING),
    ],
)
def test_default_roles(
    default_values: tuple[str, ...], found: RoleValues, *, is_required: bool
) -> None:
    """I-140."""
    attribute = TemplateAttribute("Country", default_values, is_required)
    role = HeldRole(1, "R", "T", 7, "a!t1", (), template_attributes=(attribute,))
    assert role_values(role, {}) == found


def test_groups_have_two_names() -> None:
    """I-42; all other names are case-sensitive."""
    snapshot = Snapshot(("admins",), {"groups": ("more",), "Land": ("DE",)}, NOW)
    assert provided(snapshot) == {
        "groups": {"admins", "more"},
        "Groups": {"admins"},
        "Land": {"DE"},
    }
    assert provided(None) == {}


def test_the_union_is_sorted() -> None:
    roles = [RoleValues({"B": {"2", "1"}}), RoleValues({"B": {"3"}, "A": {"x"}}), RoleValues({})]
    assert united(roles) == (("A", ("x",)), ("B", ("1", "2", "3")))


@pytest.mark.parametrize(
    ("roles", "text"),
    [
        ([RoleValues({"A": set(map(str, range(101)))})], "Attribute A of a role"),
        ([RoleValues({"A": {"x" * 256}})], "Attribute A of a role"),
        (
            [RoleValues({"A": {f"{role}-{each}" for each in range(100)}}) for role in range(11)],
            r"xs\.user\.attributes",
        ),
    ],
)
def test_too_many_values_are_an_error(roles: list[RoleValues], text: str) -> None:
    """I-138."""
    with pytest.raises(GrantRefused, match=text) as refused:
        united(roles)
    assert refused.value.code == "invalid_request"

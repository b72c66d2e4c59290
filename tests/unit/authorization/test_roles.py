"""Role declarations of a descriptor: the rules, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from broker.authorization.roles import (
    DeclaredAttribute,
    DeclaredCollection,
    DeclaredRestriction,
    DeclaredRoles,
    declared_roles,
)
from broker.descriptor.model import Descriptor, ValueType
from broker.descriptor.parse import parse_descriptor

REQUIRED = {"name": "country"}
OPTIONAL = {"name": "cost", "valueType": "int", "valueRequired": False}
WITH_VALUES = {"name": "country", "default-values": ["DE", "AT"]}


def template(name: str = "Viewer", **parts: Any) -> dict[str, Any]:
    return {"name": name} | {key.replace("_", "-"): value for key, value in parts.items()}


def descriptor(*templates: dict[str, Any], **parts: Any) -> Descriptor:
    base = {
        "xsappname": "app",
        "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
        "attributes": [REQUIRED, OPTIONAL],
        "role-templates": list(templates),
    }
    return parse_descriptor(base | {key.replace("_", "-"): part for key, part in parts.items()})


def test_a_descriptor_without_roles_declares_none() -> None:
    assert declared_roles(parse_descriptor({"xsappname": "app"})) == DeclaredRoles((), (), ())


def test_attributes_are_declared_as_they_stand() -> None:
    described = {"name": "unit", "description": "where", "valueType": "s", "valueRequired": "false"}
    assert declared_roles(descriptor(attributes=[REQUIRED, described])).attributes == (
        DeclaredAttribute("country", None, ValueType.STRING, value_required=True),
        DeclaredAttribute("unit", "where", ValueType.S, value_required=False),
    )


@pytest.mark.parametrize(
    ("parts", "default_role"),
    [
        ({}, "Viewer"),
        ({"default_role_name": "Reader of all"}, "Reader of all"),
        ({"attribute_references": ["cost"]}, "Viewer"),
        ({"attribute_references": [WITH_VALUES]}, "Viewer"),
        ({"attribute_references": [WITH_VALUES, "cost"]}, "Viewer"),
        ({"attribute_references": ["country"]}, None),
        ({"attribute_references": [{"name": "country", "default-values": []}]}, None),
        ({"attribute_references": ["cost", "country"]}, None),
        ({"attribute_references": ["country"], "default_role_name": "Reader"}, None),
    ],
)
def test_a_default_role_needs_every_required_value(
    parts: dict[str, Any], default_role: str | None
) -> None:
    [declared] = declared_roles(descriptor(template(**parts))).templates
    assert declared.default_role == default_role


@pytest.mark.parametrize(
    ("references", "kept"),
    [
        ([], ()),
        (["$XSAPPNAME.write", "$XSAPPNAME.read"], ("$XSAPPNAME.write", "$XSAPPNAME.read")),
        (["uaa.user", "openid", "user_attributes"], ("uaa.user", "openid", "user_attributes")),
        (["other.read", "$XSAPPNAME.read"], ("$XSAPPNAME.read",)),
        (["other!t7.read"], ()),
        (["xs_user.read", "uaa.resource", "xsuaa.xs_user.read", "xsuaa!t7.xs_user.read"], ()),
        (["$XSAPPNAME(application,xsuaa).xs_user.read", "$uaa.user"], ("uaa.user",)),
        (["$XSAPPNAME(application,other).read"], ()),
        (["$XSAPPNAME(application,zone,other).read"], ()),
        (["$XSSERVICENAME(other service).read", "uaa.user"], ("uaa.user",)),
    ],
)
def test_a_template_keeps_its_own_and_platform_scopes(
    references: list[str], kept: tuple[str, ...]
) -> None:
    [declared] = declared_roles(descriptor(template(scope_references=references))).templates
    assert declared.scopes == kept


@pytest.mark.parametrize(
    ("references", "restrictions"),
    [
        ([], ()),
        (["cost"], (DeclaredRestriction("cost", ()),)),
        (
            [WITH_VALUES, {"name": "cost", "default-values": ["1"]}],
            (DeclaredRestriction("country", ("DE", "AT")), DeclaredRestriction("cost", ("1",))),
        ),
        (
            ["cost", {"name": "cost", "default-values": ["1"]}],
            (DeclaredRestriction("cost", ("1",)),),
        ),
        ([{"name": "cost", "default-values": ["1"]}, "cost"], (DeclaredRestriction("cost", ()),)),
    ],
)
def test_a_template_restricts_by_attributes_with_default_values(
    references: list[Any], restrictions: tuple[DeclaredRestriction, ...]
) -> None:
    [declared] = declared_roles(descriptor(template(attribute_references=references))).templates
    assert declared.restrictions == restrictions


@pytest.mark.parametrize(
    ("references", "own"),
    [
        ([], ()),
        (["$XSAPPNAME.Viewer"], ("Viewer",)),
        (["Viewer"], ("Viewer",)),
        (["$XSAPPNAME.Viewer", "Viewer", "$XSAPPNAME.Viewer"], ("Viewer",)),
        (["$XSAPPNAME.app.Clerk", "$XSAPPNAME.Viewer"], ("app.Clerk", "Viewer")),
        (["app.Clerk"], ("app.Clerk",)),
        (["other.Viewer", "$XSAPPNAME.Viewer"], ("Viewer",)),
        (["other!t7.Viewer"], ()),
        (["$XSAPPNAME(application,other).Viewer"], ()),
        (["$XSAPPNAME(application,zone,other).Viewer"], ()),
        (["$XSSERVICENAME(other service).Viewer"], ()),
    ],
)
def test_a_collection_contains_own_templates(references: list[str], own: tuple[str, ...]) -> None:
    collection = {"name": "All", "description": "of them", "role-template-references": references}
    declared = declared_roles(
        descriptor(template(), template("app.Clerk"), role_collections=[collection])
    )
    assert declared.collections == (DeclaredCollection("All", "of them", own),)


def test_a_collection_contains_no_template_without_default_role() -> None:
    """Only a descriptor accepted by an older version may have such a collection."""
    collection = {"name": "All", "role-template-references": ["$XSAPPNAME.Viewer"]}
    accepted = descriptor(template(), role_collections=[collection])
    needing = descriptor(template(attribute_references=["country"]))
    mixed = accepted.model_copy(update={"role_templates": needing.role_templates})
    assert declared_roles(mixed).collections == (DeclaredCollection("All", None, ()),)


def test_all_parts_keep_the_order_of_the_document() -> None:
    names = ["b", "c", "a"]
    collections = [{"name": name, "role-template-references": []} for name in names]
    declared = declared_roles(descriptor(*map(template, names), role_collections=collections))
    assert [part.name for part in declared.templates] == names
    assert [part.name for part in declared.collections] == names


def test_equal_descriptors_declare_equal_roles() -> None:
    """Declarations are comparable and hashable."""
    parts = template(description="reads", attribute_references=[WITH_VALUES])
    first, second = declared_roles(descriptor(parts)), declared_roles(descriptor(parts))
    assert first == second
    assert len({first, second}) == 1

"""Roles, collections and attributes follow the descriptor; kept ones keep their row (§ A25)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Table, select

from broker.errors import ForbiddenChange, InvalidRequest
from broker.store.tables.declared import (
    attribute,
    role,
    role_collection,
    role_collection_role,
    role_template,
    role_template_attribute,
)
from tests.support.role_collections import built_in_rows

if TYPE_CHECKING:
    from tests.support.domain import Domain

TABLES = (
    attribute,
    role_template,
    role_template_attribute,
    role,
    role_collection,
    role_collection_role,
)


def template(name: str, *attributes: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "attribute-references": list(attributes), **more}


def descriptor(**parts: Any) -> dict[str, Any]:
    """Return a descriptor with one of everything, changed by ``parts``."""
    base = {
        "xsappname": "app",
        "scopes": [{"name": "$XSAPPNAME.read"}],
        "attributes": [
            {"name": "country", "valueType": "string"},
            {"name": "cost", "valueType": "int", "valueRequired": False},
        ],
        "role-templates": [
            template("Viewer", "cost", **{"scope-references": ["$XSAPPNAME.read", "b.look"]}),
            template("Clerk", {"name": "country", "default-values": ["DE"]}),
            template("Manager", "country"),
        ],
        "role-collections": [
            {"name": "All", "role-template-references": ["$XSAPPNAME.Viewer", "$XSAPPNAME.Clerk"]}
        ],
    }
    return base | {key.replace("_", "-"): value for key, value in parts.items()}


def rows(domain: Domain, table: Table) -> list[dict[str, Any]]:
    """Return the rows of the table that no built-in application owns."""
    with domain.engine.connect() as connection:
        found = connection.execute(select(table).order_by(table.c.id)).mappings()
        built_in = built_in_rows(connection, table)
        return [dict(row) for row in found if row["id"] not in built_in]


def ids(domain: Domain, table: Table) -> dict[str, int]:
    return {row["name"]: row["id"] for row in rows(domain, table)}


def snapshot(domain: Domain) -> list[list[dict[str, Any]]]:
    return [rows(domain, table) for table in TABLES]


def test_a_template_has_a_default_role_unless_it_needs_values(domain: Domain) -> None:
    """Truth table of default roles; the name is the template's or its ``default-role-name``."""
    domain.provision("i", descriptor())
    assert set(ids(domain, role)) == {"Viewer", "Clerk"}
    assert len(rows(domain, role_collection_role)) == 2
    assert [row["default_values"] for row in rows(domain, role_template_attribute)].count(
        '["DE"]'
    ) == 1
    [scopes] = [row["scopes"] for row in rows(domain, role_template) if row["name"] == "Viewer"]
    assert scopes == '["$XSAPPNAME.read"]', "the foreign scope is a reference, pinned"


def test_an_update_to_the_same_descriptor_is_no_change(domain: Domain) -> None:
    domain.provision("i", descriptor())
    before = snapshot(domain)
    domain.update("i", descriptor())
    assert snapshot(domain) == before


def test_unchanged_names_keep_their_row(domain: Domain) -> None:
    """A role that an administrator assigned is unchanged by an update."""
    domain.provision("i", descriptor())
    roles, collections = ids(domain, role), ids(domain, role_collection)
    changed = descriptor(
        role_templates=[
            template("Viewer", description="reads", **{"default-role-name": "Reader"}),
            template("Clerk", {"name": "country", "default-values": ["DE"]}),
        ],
        role_collections=[
            {
                "name": "All",
                "description": "of them",
                "role-template-references": ["$XSAPPNAME.Viewer"],
            }
        ],
    )
    domain.update("i", changed)
    assert ids(domain, role) == {"Reader": roles["Viewer"], "Clerk": roles["Clerk"]}
    assert ids(domain, role_collection) == collections
    [member] = rows(domain, role_collection_role)
    assert member["role_row_id"] == roles["Viewer"]


def test_omitted_declarations_are_deleted(domain: Domain) -> None:
    """A25: the descriptor is not merged."""
    domain.provision("i", descriptor())
    domain.update("i", {"xsappname": "app"})
    assert snapshot(domain) == [[] for _ in TABLES]


def test_a_renamed_collection_is_another_one(domain: Domain) -> None:
    domain.provision("i", descriptor())
    before = ids(domain, role_collection)
    renamed = [{"name": "Everything", "role-template-references": ["$XSAPPNAME.Viewer"]}]
    domain.update("i", descriptor(role_collections=renamed))
    assert set(ids(domain, role_collection)) == {"Everything"}
    assert ids(domain, role_collection)["Everything"] != before["All"]


def test_deleting_the_instance_deletes_all(domain: Domain) -> None:
    domain.provision("i", descriptor())
    domain.deprovision("i")
    assert snapshot(domain) == [[] for _ in TABLES]


def test_a_collection_name_is_unique_in_its_zone(domain: Domain) -> None:
    """H-50."""
    domain.provision("i", descriptor())
    other = descriptor(xsappname="other")
    with pytest.raises(InvalidRequest, match="Role Collection All already exists") as refused:
        domain.provision("j", other)
    assert [violation.path for violation in refused.value.violations] == [
        "role-collections[0].name"
    ]
    domain.provision("elsewhere", other, organization_guid="other-org")
    domain.provision("j", descriptor(xsappname="other", role_collections=[]))
    with pytest.raises(InvalidRequest, match="Please choose a different name"):
        domain.update("j", other)
    domain.deprovision("i")
    domain.update("j", other)


FORBIDDEN = {
    "attributes[1].valueType": descriptor(
        attributes=[
            {"name": "country"},
            {"name": "cost", "valueType": "date", "valueRequired": False},
        ]
    ),
    "attributes[1].valueRequired": descriptor(
        attributes=[{"name": "country"}, {"name": "cost", "valueType": "int"}],
        role_collections=[],
    ),
    "role-templates[0].attribute-references[1]": descriptor(
        role_templates=[template("Viewer", "cost", "country")], role_collections=[]
    ),
    "role-templates[0].attribute-references[0].default-values": descriptor(
        role_templates=[template("Clerk", {"name": "country", "default-values": ["FR"]})],
        role_collections=[],
    ),
}


@pytest.mark.parametrize("path", FORBIDDEN)
def test_a_forbidden_change_discards_the_whole_update(domain: Domain, path: str) -> None:
    """D-08; the rest of the update, such as a new scope, is not applied either."""
    domain.provision("i", descriptor())
    before = snapshot(domain), domain.instance("i")
    more = {"scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.more"}]}
    with pytest.raises(ForbiddenChange, match=r"Error updating application app!t1 \(") as refused:
        domain.update("i", FORBIDDEN[path] | more)
    assert f"({path}: " in str(refused.value)
    assert (snapshot(domain), domain.instance("i")) == before


@pytest.mark.parametrize(
    "allowed",
    [
        descriptor(
            attributes=[
                {"name": "country", "valueType": "s"},
                {"name": "cost", "valueType": "int", "valueRequired": False},
            ]
        ),
        descriptor(
            attributes=[
                {"name": "country", "valueRequired": False, "description": "where"},
                {"name": "cost", "valueType": "int", "valueRequired": False},
            ]
        ),
        descriptor(role_templates=[template("Viewer")], role_collections=[]),
        descriptor(role_templates=[template("New", "country", "cost")], role_collections=[]),
    ],
)
def test_other_changes_are_allowed(domain: Domain, allowed: dict[str, Any]) -> None:
    domain.provision("i", descriptor())
    domain.update("i", allowed)
    assert domain.instance("i").parameters == allowed


def test_all_forbidden_changes_are_named_at_once(domain: Domain) -> None:
    domain.provision("i", descriptor())
    both = FORBIDDEN["attributes[1].valueType"] | {
        "role-templates": [template("Viewer", "cost", "country")],
        "role-collections": [],
    }
    with pytest.raises(ForbiddenChange) as refused:
        domain.update("i", both)
    assert "valueType" in str(refused.value)
    assert "attribute-references[1]" in str(refused.value)


def test_a_template_that_needs_no_values_any_more_gets_its_default_role(domain: Domain) -> None:
    domain.provision("i", descriptor())
    optional = [
        {"name": "country", "valueRequired": False},
        {"name": "cost", "valueType": "int", "valueRequired": False},
    ]
    domain.update("i", descriptor(attributes=optional))
    assert set(ids(domain, role)) == {"Viewer", "Clerk", "Manager"}


def test_a_scope_of_193_characters_with_its_application_id(domain: Domain) -> None:
    longest = "s" * (193 - len("app!t1."))
    scope = {"name": f"$XSAPPNAME.{longest}"}
    domain.provision("i", {"xsappname": "app", "scopes": [scope]})
    with pytest.raises(InvalidRequest, match="194 characters with app!t1"):
        domain.update("i", {"xsappname": "app", "scopes": [{"name": f"{scope['name']}s"}]})
    for index in range(2, 11):
        domain.provision(f"i{index}", {"xsappname": "other"}, organization_guid=f"org{index}")
    with pytest.raises(InvalidRequest, match="194 characters with app!t10"):
        domain.provision("last", {"xsappname": "app", "scopes": [scope]}, organization_guid="org10")

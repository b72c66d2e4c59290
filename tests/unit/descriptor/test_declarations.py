"""The other applications in a descriptor, their paths and purposes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.descriptor.declarations import EVERY_APPLICATION, Declaration, Usage, declarations
from broker.descriptor.parse import parse_descriptor
from broker.descriptor.references import OWN_APPLICATION, Application

B = Application(plan="application", xsappname="b")
BARE = replace(B, in_own_space=True)
REFERENCE = "$XSAPPNAME(application,b)"


def declared(**parts: Any) -> list[Declaration]:
    document = {key.replace("_", "-"): part for key, part in parts.items()}
    return list(declarations(parse_descriptor({"xsappname": "app", **document})))


def test_a_descriptor_by_itself_names_no_other() -> None:
    assert declared(scopes=[{"name": "$XSAPPNAME.read"}], authorities=["$XSAPPNAME.read"]) == []


def test_grants_are_declared_by_their_scope() -> None:
    scope = {
        "name": "$XSAPPNAME.read",
        "granted-apps": [REFERENCE],
        "grant-as-authority-to-apps": ["$XSSERVICENAME(s)", REFERENCE],
    }
    assert declared(scopes=[{"name": "$XSAPPNAME.a"}, scope]) == [
        Declaration("scopes[1].granted-apps[0]", Usage.GRANTED_APPS, B, "read"),
        Declaration(
            "scopes[1].grant-as-authority-to-apps[0]",
            Usage.GRANT_AS_AUTHORITY,
            Application(service_instance="s"),
            "read",
        ),
        Declaration("scopes[1].grant-as-authority-to-apps[1]", Usage.GRANT_AS_AUTHORITY, B, "read"),
    ]


def test_no_descriptor_grants_a_platform_scope() -> None:
    """D-29."""
    scope = {"name": "uaa.user", "grant-as-authority-to-apps": [REFERENCE]}
    assert declared(scopes=[scope]) == []


def test_authorities_and_foreign_scopes_keep_their_position() -> None:
    assert declared(
        authorities=["uaa.user", "$ACCEPT_GRANTED_AUTHORITIES", f"{REFERENCE}.look"],
        foreign_scope_references=["b.look", "$ACCEPT_GRANTED_SCOPES"],
    ) == [
        Declaration("authorities[1]", Usage.AUTHORITIES, EVERY_APPLICATION),
        Declaration("authorities[2]", Usage.AUTHORITIES, B, name="look"),
        Declaration("foreign-scope-references[0]", Usage.FOREIGN_SCOPES, BARE, name="look"),
        Declaration("foreign-scope-references[1]", Usage.FOREIGN_SCOPES, EVERY_APPLICATION),
    ]


def test_role_templates_and_collections_contain_their_references() -> None:
    assert declared(
        role_templates=[{"name": "Viewer", "scope-references": ["b.look"]}],
        role_collections=[
            {
                "name": "All",
                "role-template-references": ["$XSAPPNAME.Viewer", f"{REFERENCE}.Clerk"],
            }
        ],
    ) == [
        Declaration(
            "role-templates[0].scope-references[0]", Usage.SCOPE_REFERENCES, BARE, "Viewer", "look"
        ),
        Declaration(
            "role-collections[0].role-template-references[1]",
            Usage.ROLE_TEMPLATE_REFERENCES,
            B,
            "All",
            "Clerk",
        ),
    ]


def test_the_bare_name_of_an_own_template_with_a_dot_is_no_other_application() -> None:
    assert (
        declared(
            role_templates=[{"name": "b.Viewer"}],
            role_collections=[{"name": "All", "role-template-references": ["b.Viewer"]}],
        )
        == []
    )


def test_grants_name_the_own_application_a_bare_name_or_every_application() -> None:
    scope = {
        "name": "$XSAPPNAME.read",
        "granted-apps": ["*", "$XSAPPNAME"],
        "grant-as-authority-to-apps": ["b", "$XSAPPNAME"],
    }
    assert [(each.usage, each.application) for each in declared(scopes=[scope])] == [
        (Usage.GRANTED_APPS, EVERY_APPLICATION),
        (Usage.GRANTED_APPS, OWN_APPLICATION),
        (Usage.GRANT_AS_AUTHORITY, BARE),
        (Usage.GRANT_AS_AUTHORITY, OWN_APPLICATION),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "xsuaa",
        "xsuaa!t1",
        "$XSAPPNAME(application,xsuaa)",
        "$XSAPPNAME( application , xsuaa )",
        "$XSAPPNAME(application,zone,xsuaa)",
        "$XSAPPNAME(apiaccess,uaa)",
        "uaa!t1",
        "na-1",
    ],
)
def test_no_reference_to_an_application_of_the_platform_is_declared(name: str) -> None:
    """D-56: in any spelling and position."""
    scope = {
        "name": "$XSAPPNAME.read",
        "granted-apps": [name],
        "grant-as-authority-to-apps": [name],
    }
    assert (
        declared(
            scopes=[scope],
            authorities=[name, f"{name}.xs_user.read"],
            foreign_scope_references=[name, f"{name}.xs_user.read"],
            role_templates=[{"name": "T", "scope-references": [f"{name}.xs_user.read"]}],
            role_collections=[{"name": "All", "role-template-references": [f"{name}.xsuaa_admin"]}],
        )
        == []
    )

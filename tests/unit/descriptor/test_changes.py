"""Changes by an update, and forbidden changes (D-08)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.changes import (
    Change,
    Protections,
    differences,
    forbidden_changes,
    immutable_changes,
    protections,
)
from broker.descriptor.model import Descriptor
from broker.descriptor.parse import parse_descriptor

REQUIRED, OPTIONAL = {"name": "a"}, {"name": "a", "valueRequired": False}
TYPES = "credential-types"


def descriptor(**parts: Any) -> Descriptor:
    document = {key.replace("_", "-"): part for key, part in parts.items()}
    return parse_descriptor({"xsappname": "app", "attributes": [REQUIRED], **document})


def template(*references: Any) -> list[dict[str, Any]]:
    return [{"name": "T", "attribute-references": list(references)}]


def configuration(**members: Any) -> Descriptor:
    return descriptor(oauth2_configuration={key.replace("_", "-"): members[key] for key in members})


def values(*texts: str) -> dict[str, Any]:
    return {"name": "a", "default-values": list(texts)}


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (descriptor(), descriptor(xsappname="other", tenant_mode="shared"), []),
        (
            descriptor(),
            descriptor(attributes=[{"name": "a", "valueType": "int"}]),
            ["attributes[0].valueType"],
        ),
        (descriptor(), descriptor(attributes=[{"name": "a", "valueType": "s"}]), []),
        (
            descriptor(attributes=[OPTIONAL]),
            descriptor(attributes=[REQUIRED]),
            ["attributes[0].valueRequired"],
        ),
        (descriptor(attributes=[REQUIRED]), descriptor(attributes=[OPTIONAL]), []),
        (descriptor(), descriptor(attributes=[]), []),
        (
            descriptor(role_templates=template()),
            descriptor(role_templates=template("a")),
            ["role-templates[0].attribute-references[0]"],
        ),
        (descriptor(role_templates=template("a")), descriptor(role_templates=template()), []),
        (descriptor(), descriptor(role_templates=template("a")), []),
        (
            descriptor(role_templates=template(values("x"))),
            descriptor(role_templates=template(values("y"))),
            ["role-templates[0].attribute-references[0].default-values"],
        ),
        (
            descriptor(role_templates=template(values("x"))),
            descriptor(role_templates=template(values("x"))),
            [],
        ),
        (
            descriptor(role_templates=template(values("x"), values("y"))),
            descriptor(role_templates=template(values("x"), values("y"))),
            [],
        ),
        (
            descriptor(role_templates=template(values("x"), values("y"))),
            descriptor(role_templates=template(values("y"), values("x"))),
            ["role-templates[0].attribute-references[1].default-values"],
        ),
    ],
)
def test_forbidden_changes_are_named_by_path(
    old: Descriptor, new: Descriptor, paths: list[str]
) -> None:
    found = forbidden_changes(protections(old), new)
    assert [violation.path for violation in found] == paths


@pytest.mark.parametrize(
    ("new", "paths"),
    [
        (descriptor(xsappname="other"), ["xsappname"]),
        (descriptor(tenant_mode="shared"), ["tenant-mode"]),
        (descriptor(tenant_mode="dedicated", attributes=[OPTIONAL]), []),
    ],
)
def test_name_and_tenant_mode_never_change(new: Descriptor, paths: list[str]) -> None:
    assert [violation.path for violation in immutable_changes(descriptor(), new)] == paths


def test_an_application_without_declarations_forbids_nothing() -> None:
    new = descriptor(role_templates=template("a"))
    assert list(forbidden_changes(Protections({}, {}), new)) == []


def paths_of(old: Descriptor, new: Descriptor) -> list[str]:
    return [change.path for change in differences(old, new)]


@pytest.mark.parametrize(
    ("new", "paths"),
    [
        (descriptor(), []),
        (descriptor(tenant_mode="dedicated", scopes=[], xsenableasyncservice=True), []),
        (descriptor(description="new"), ["description"]),
        (descriptor(scopes=[{"name": "$XSAPPNAME.r"}]), ["scopes"]),
        (descriptor(attributes=[OPTIONAL]), ['attributes "a".valueRequired']),
        (descriptor(authorities=["uaa.user"]), ["authorities"]),
        (descriptor(foreign_scope_references=["b.r"]), ["foreign-scope-references"]),
        (configuration(token_validity=900), ["oauth2-configuration.token-validity"]),
        (
            descriptor(role_templates=template(), role_collections=[]),
            ["role-templates"],
        ),
    ],
)
def test_each_difference_is_reported_once_at_its_path(new: Descriptor, paths: list[str]) -> None:
    assert paths_of(descriptor(), new) == paths


def test_differences_stand_in_the_order_of_the_document() -> None:
    new = descriptor(
        description="new",
        scopes=[{"name": "$XSAPPNAME.r"}],
        authorities=["uaa.user"],
        oauth2_configuration={"autoapprove": True},
    )
    assert paths_of(descriptor(), new) == [
        "description",
        "scopes",
        "authorities",
        "oauth2-configuration.autoapprove",
    ]


def test_the_order_of_scopes_and_authorities_means_nothing() -> None:
    one, two = [{"name": f"$XSAPPNAME.{name}"} for name in "ab"]
    authorities = ["$XSAPPNAME.a", "uaa.user"]
    assert (
        paths_of(
            descriptor(scopes=[one, two], authorities=authorities),
            descriptor(scopes=[two, one], authorities=authorities[::-1]),
        )
        == []
    )


def test_removals_report_their_consequences() -> None:
    old = descriptor(
        scopes=[{"name": "$XSAPPNAME.r"}],
        role_templates=template(),
        role_collections=[{"name": "C", "role-template-references": ["$XSAPPNAME.T"]}],
    )
    found = differences(old, descriptor())
    assert [change.path for change in found] == ["scopes", "role-templates", "role-collections"]
    assert all(change.effect for change in found)


@pytest.mark.parametrize(
    ("old", "new", "has_effect"),
    [
        (["instance-secret", "x509"], ["x509"], True),
        (["x509"], ["x509", "binding-secret"], False),
        (["x509", "binding-secret"], ["binding-secret", "x509"], False),
        (["x509"], None, True),
    ],
)
def test_the_effect_on_bindings_follows_from_the_types_that_go(
    old: list[str], new: list[str] | None, *, has_effect: bool
) -> None:
    after = descriptor() if new is None else configuration(credential_types=new)
    [change] = differences(configuration(credential_types=old), after)
    assert change.path == f"oauth2-configuration.{TYPES}"
    assert bool(change.effect) == has_effect
    if new == ["x509"]:
        assert "instance-secret" in change.effect


def test_an_added_or_removed_default_role_is_reported() -> None:
    """A template with an attribute without a value has none."""
    with_value, without = template(values("x")), template("a")
    optional = descriptor(attributes=[OPTIONAL], role_templates=without)
    gained = differences(descriptor(role_templates=without), optional)
    assert [change.path for change in gained] == ['attributes "a".valueRequired', "role-templates"]
    assert (
        differences(descriptor(role_templates=with_value), descriptor(role_templates=with_value))
        == []
    )


def test_a_change_has_a_text_and_a_json_form() -> None:
    change = Change("scopes", '"r" is removed', "tokens lack it")
    assert str(change) == 'scopes: "r" is removed; tokens lack it'
    assert str(Change("scopes", '"r" is added')) == 'scopes: "r" is added'
    assert change.as_json() == {
        "path": "scopes",
        "what": '"r" is removed',
        "effect": "tokens lack it",
    }

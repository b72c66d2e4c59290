"""The valid remainder of a broken document, with unchanged indexes."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.findings.salvage import (
    broken_paths,
    defining_list,
    hidden_definitions,
    is_inside,
    without_broken_parts,
)
from broker.descriptor.model import Descriptor

DOCUMENT = {
    "xsappname": "my.app",
    "scopes": [{"name": "bad"}, {"name": "$XSAPPNAME.r"}],
    "attributes": [{"name": "a b"}],
    "role-templates": [{"name": "T"}],
    "role-collections": [{"name": ""}],
    "authorities": [7],
    "oauth2-configuration": {"token-validity": 1, "autoapprove": True},
    "description": 7,
}
BROKEN = [
    ("xsappname",),
    ("scopes", 0, "name"),
    ("attributes", 0, "name"),
    ("role-collections", 0, "name"),
    ("role-collections", 0, "role-template-references"),
    ("authorities", 0),
    ("oauth2-configuration", "token-validity"),
    ("description",),
]


def test_the_remainder_is_a_valid_descriptor_with_unchanged_indexes() -> None:
    rest = without_broken_parts(DOCUMENT, BROKEN)
    descriptor = Descriptor.model_validate(rest)
    assert len(descriptor.scopes) == 2
    assert descriptor.scopes[1].name == "$XSAPPNAME.r"
    assert rest["oauth2-configuration"] == {"autoapprove": True}
    assert "description" not in rest


def test_the_document_itself_is_not_changed() -> None:
    before = {key: repr(part) for key, part in DOCUMENT.items()}
    without_broken_parts(DOCUMENT, BROKEN)
    assert {key: repr(part) for key, part in DOCUMENT.items()} == before


@pytest.mark.parametrize("location", [("unknown",), ("oauth2-configuration", "unknown"), ()])
def test_a_location_of_nothing_leaves_everything(location: tuple[int | str, ...]) -> None:
    assert without_broken_parts(DOCUMENT, [location]) == DOCUMENT


def test_a_broken_list_goes_as_a_whole() -> None:
    document: dict[str, Any] = {"xsappname": "app", "scopes": "text"}
    assert without_broken_parts(document, [("scopes",)]) == {"xsappname": "app"}


def test_stand_ins_differ_so_that_no_name_repeats() -> None:
    document: dict[str, Any] = {"scopes": [{}, {}]}
    rest = without_broken_parts(document, [("scopes", 0), ("scopes", 1)])
    assert len({scope["name"] for scope in rest["scopes"]}) == 2


def test_an_entry_keeps_its_valid_members() -> None:
    document: dict[str, Any] = {
        "xsappname": "app",
        "scopes": [{"name": "$XSAPPNAME.a", "description": 7, "granted-apps": [1, "b"]}],
        "role-templates": [
            {"name": "?", "scope-references": [1, "$XSAPPNAME.a"]},
            {"name": "T", "attribute-references": [{"name": "c", "default-values": None}, 7]},
        ],
    }
    broken: list[tuple[int | str, ...]] = [
        ("scopes", 0, "description"),
        ("scopes", 0, "granted-apps", 0),
        ("role-templates", 0, "name"),
        ("role-templates", 0, "scope-references", 0),
        ("role-templates", 1, "attribute-references", 0, "default-values"),
        ("role-templates", 1, "attribute-references", 1),
    ]
    rest = without_broken_parts(document, broken)
    Descriptor.model_validate(rest)
    assert rest["scopes"][0]["name"] == "$XSAPPNAME.a"
    assert rest["scopes"][0]["granted-apps"][1] == "b"
    assert rest["role-templates"][0]["scope-references"][1] == "$XSAPPNAME.a"
    assert rest["role-templates"][1]["attribute-references"][0]["name"] == "c"


def test_violations_at_broken_parts_are_recognised() -> None:
    paths = broken_paths([("scopes", 1), ("oauth2-configuration", "grant-types")])
    for path in ("scopes[1]", "scopes[1].name", "oauth2-configuration.grant-types[0]"):
        assert is_inside(path, paths)
    for path in ("scopes[10]", "scopes", "oauth2-configuration", "$"):
        assert not is_inside(path, paths)


def test_an_attribute_reference_without_name_is_broken_as_a_whole() -> None:
    entry = ("role-templates", 1, "attribute-references", 2)
    assert broken_paths([(*entry, "name")]) == {"role-templates[1].attribute-references[2]"}
    assert broken_paths([(*entry, "default-values")]) == {
        "role-templates[1].attribute-references[2].default-values"
    }


@pytest.mark.parametrize(
    ("location", "is_hidden"),
    [
        (("scopes",), True),
        (("scopes", 0), True),
        (("scopes", 0, "name"), True),
        (("scopes", 0, "description"), False),
        (("authorities", 0), False),
        ((), False),
    ],
)
def test_only_names_and_whole_entries_hide_definitions(
    location: tuple[int | str, ...], *, is_hidden: bool
) -> None:
    assert hidden_definitions([location]) == ({"scopes"} if is_hidden else set())


def test_each_reference_has_a_defining_list() -> None:
    for path, key in {
        "role-templates[0].attribute-references[1]": "attributes",
        "role-templates[0].scope-references[1]": "scopes",
        "role-collections[0].role-template-references[1]": "role-templates",
        "authorities[0]": "scopes",
    }.items():
        assert defining_list(path) == key

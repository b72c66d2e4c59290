"""The valid remainder of a broken document, with unchanged indexes."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.model import Descriptor
from broker.descriptor.salvage import without_broken_parts

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

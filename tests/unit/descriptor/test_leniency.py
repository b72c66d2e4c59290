"""Tolerated deviations of real descriptors: wrappers, blanks, keys without effect (H-36)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.leniency import INERT_KEYS, normalised, unwrapped
from broker.errors import InvalidRequest

PLAIN = {"xsappname": "app"}


@pytest.mark.parametrize("key", ["xsuaa", "xs-security"])
def test_a_wrapped_document_is_unwrapped(key: str) -> None:
    assert unwrapped({key: PLAIN}) == PLAIN


@pytest.mark.parametrize(
    "document",
    [{"xsuaa": "text"}, {"other": PLAIN}, {"xsuaa": PLAIN, "xsappname": "app"}, {}, PLAIN],
)
def test_any_other_value_is_not_unwrapped(document: dict[str, Any]) -> None:
    assert unwrapped(document) == document


def test_blanks_around_keys_are_removed_and_reported() -> None:
    document = {" xsappname": "app", "scopes": [{"name ": "$XSAPPNAME.r", "description": " a "}]}
    tidy, notes = normalised({"xsuaa": document})
    assert tidy == {"xsappname": "app", "scopes": [{"name": "$XSAPPNAME.r", "description": " a "}]}
    assert [note.partition(" ")[0] for note in notes] == ["xsappname", "scopes[0].name"]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"xsappname": "a", "xsappname ": "b"}, "xsappname"),
        ({"scopes": [{}, {" name": "a", "name": "b"}]}, "scopes[1].name"),
    ],
)
def test_keys_that_differ_by_blanks_are_refused(document: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        normalised(document)
    assert [violation.path for violation in refused.value.violations] == [path]


@pytest.mark.parametrize("key", INERT_KEYS)
def test_a_key_without_effect_is_removed_and_reported(key: str) -> None:
    tidy, notes = normalised({**PLAIN, key: [1]})
    assert tidy == PLAIN
    assert [note.partition(" ")[0] for note in notes] == [key]


def test_a_tidy_document_has_no_notes_and_stays_untouched() -> None:
    document = {**PLAIN, "scopes": [{"name": "$XSAPPNAME.r"}]}
    assert normalised(document) == (document, [])

"""Names of role collections (I-162, TH-11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.authorization.collections.names import (
    ADMINISTRATORS,
    folded_name,
    require_valid_description,
    require_valid_name,
    taken_names,
)
from broker.errors import InvalidRequest


@pytest.mark.parametrize(
    "other",
    [
        *("VIEWER A", "viewer a ", "\u2004Viewer  A", "\uff36iewer\u00a0A", "v\u2170ewer a"),
        *("View\u200ber A", "Viewer A\ufe0f", "Viewer\u3164 A", "\u202eViewer A", "Viewer \u034fA"),
    ],
)
def test_names_are_compared_without_case_form_spaces_and_invisible_characters(other: str) -> None:
    """TH-11."""
    assert folded_name(other) == folded_name("Viewer A")
    assert folded_name("ViewerA") != folded_name("Viewer A")


@given(st.text())
def test_a_folded_name_fits_and_stays(name: str) -> None:
    assert len(folded_name(name)) <= 255
    assert folded_name(folded_name(name)) == folded_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a ", "\u00a0a", "x" * 65, "a\nb", "a\0", "\u200b", "\ud800", "\u3164"]
)
def test_administrators_cannot_give_these_names(name: str) -> None:
    with pytest.raises(InvalidRequest, match="name:"):
        require_valid_name("name", name)


@pytest.mark.parametrize("name", ["A", "Größe (1) & <b>", "x" * 64, "\u65e5\u672c"])
def test_names_have_any_printable_characters(name: str) -> None:
    require_valid_name("name", name)


@pytest.mark.parametrize("text", ["x" * 1001, "a\0b"])
def test_descriptions_have_limits(text: str) -> None:
    require_valid_description("description", "two\nlines")
    with pytest.raises(InvalidRequest, match="description:"):
        require_valid_description("description", text)


def test_own_names_stay_and_new_ones_resemble_none() -> None:
    others = {"all": "All"}
    assert taken_names(["ALL", "Mine"], [], others) == {"ALL": "All"}
    assert taken_names(["all", "Mine", "MINE"], ["all", "MINE", "Mine"], others) == {}
    assert taken_names(["Mine", "mine"], ["Mine"], {}) == {"mine": "Mine"}
    assert taken_names(["New", "new"], [], {}) == {"new": "New"}
    assert taken_names([ADMINISTRATORS.lower()], [ADMINISTRATORS.lower()], {})

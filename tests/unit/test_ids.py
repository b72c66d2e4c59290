"""Identifiers: their forms, and deterministic name-based GUIDs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.ids import (
    guid_for,
    is_canonical_guid,
    name_based_guid,
    new_correlation_id,
    new_row_id,
    new_token_id,
)

GUID = "0a1b2c3d-0000-4000-8000-000000000001"
PARTS = st.lists(st.text(st.characters()), max_size=3)


def test_row_ids_fit_a_signed_64_bit_column_and_differ() -> None:
    drawn = {new_row_id() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(0 < row_id < 2**63 for row_id in drawn)


@pytest.mark.parametrize("make", [new_correlation_id, new_token_id])
def test_other_ids_are_32_hexadecimal_digits(make: type) -> None:
    drawn = {make() for _ in range(100)}
    assert len(drawn) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in drawn)


@pytest.mark.parametrize(
    "text", ["", GUID.upper(), f"{GUID}\n", f"{{{GUID}}}", GUID.replace("-", ""), GUID[:-1], "ü"]
)
def test_other_forms_are_no_canonical_guid(text: str) -> None:
    assert not is_canonical_guid(text)
    made = guid_for(text, "instance", text)
    assert is_canonical_guid(made)
    assert made == name_based_guid("instance", text)


def test_a_canonical_guid_stays_as_it_is() -> None:
    assert is_canonical_guid(GUID)
    assert guid_for(GUID, "instance", GUID) == GUID


def test_name_based_guids_never_change() -> None:
    """They are stored in databases and certificates."""
    assert name_based_guid("zone", "default", "organization:org") == (
        "0442cf90-a3ce-5082-ab5c-5a9c7551caa5"
    )


@settings(deadline=None)
@given(PARTS, PARTS)
def test_only_the_same_parts_give_the_same_guid(one: list[str], other: list[str]) -> None:
    assert (name_based_guid(*one) == name_based_guid(*other)) == (one == other)


def test_a_lone_surrogate_has_a_guid() -> None:
    assert is_canonical_guid(name_based_guid("\ud800"))

"""Names and origins of users (I-02, I-12)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.identity.user import LOCAL_ORIGIN, ORIGIN_PATTERN, canonical_origin, folded
from tests.support.users import a_user


@pytest.mark.parametrize("alias", ["sap.default", "ldap", "uaa"])
def test_the_local_store_has_several_names(alias: str) -> None:
    """I-12."""
    assert canonical_origin(alias) == LOCAL_ORIGIN


def test_other_origins_are_kept() -> None:
    assert canonical_origin("corporate") == "corporate"
    assert not a_user(origin="corporate").is_local
    assert a_user().is_local


@pytest.mark.parametrize("origin", ["", "A", "a/b", ".a", "a" * 37, "a\n"])
def test_other_forms_are_no_origin(origin: str) -> None:
    assert not ORIGIN_PATTERN.fullmatch(origin)


@pytest.mark.parametrize("other", ["ANNA", "\uff21nna", "anna"])
def test_names_differ_by_more_than_case_and_form(other: str) -> None:
    """I-02: NFKC and case folding."""
    assert folded(other) == folded("anna")
    assert folded("anne") != folded("anna")


@given(st.text())
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("origin", "amr"), [(LOCAL_ORIGIN, ("pwd",)), ("corporate", ("ext", "oauth"))]
)
def test_the_origin_decides_the_authentication_methods(origin: str, amr: tuple[str, ...]) -> None:
    """I-25."""
    assert replace(a_user(), origin=origin).amr == amr

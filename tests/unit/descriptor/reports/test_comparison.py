"""The findings about two files."""

from __future__ import annotations

import pytest

from broker.descriptor.reports.comparison import compare
from broker.errors import InvalidRequest

OLD = {"xsappname": "app", "tenant-mode": "shared"}


def test_differences_and_refusals_are_distinguished() -> None:
    found = compare(OLD, {"xsappname": "app", "description": "new"})
    assert [change.path for change in found.changes] == ["tenant-mode", "description"]
    assert [violation.path for violation in found.refused] == ["tenant-mode"]
    assert found.as_json() == {
        "refused": [violation.as_json() for violation in found.refused],
        "differences": [change.as_json() for change in found.changes],
    }


def test_the_same_document_has_neither() -> None:
    assert compare(OLD, {"xsuaa": OLD}).as_json() == {"refused": [], "differences": []}


@pytest.mark.parametrize("documents", [(OLD, {}), ({}, OLD)])
def test_both_must_be_valid(documents: tuple[dict[str, str], dict[str, str]]) -> None:
    with pytest.raises(InvalidRequest):
        compare(*documents)

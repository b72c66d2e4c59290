"""The findings about two files."""

from __future__ import annotations

from broker.descriptor.parse import parse_descriptor
from broker.descriptor.reports.comparison import compare

OLD = parse_descriptor({"xsappname": "app", "tenant-mode": "shared"})


def test_differences_and_refusals_are_distinguished() -> None:
    found = compare(OLD, parse_descriptor({"xsappname": "app", "description": "new"}))
    assert [change.path for change in found.changes] == ["tenant-mode", "description"]
    assert [violation.path for violation in found.refused] == ["tenant-mode"]
    assert found.as_json() == {
        "refused": [violation.as_json() for violation in found.refused],
        "differences": [change.as_json() for change in found.changes],
    }


def test_the_same_document_has_neither() -> None:
    assert compare(OLD, OLD).as_json() == {"refused": [], "differences": []}

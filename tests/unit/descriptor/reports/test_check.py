"""The findings about one descriptor, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.reports.check import check_document

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


def test_all_errors_come_at_once_and_no_advice() -> None:
    report = check_document({"xsappname": "my.app", "scopes": [{"name": "read"}]})
    assert [error.path for error in report.errors] == ["xsappname", "scopes[0].name"]
    assert report.notes == []


@pytest.mark.parametrize(
    ("parts", "about"),
    [
        (TYPES, []),
        ({}, ["oauth2-configuration.credential-types"]),
        (
            {
                **TYPES,
                "attributes": [{"name": "a"}],
                "role-templates": [{"name": "T", "attribute-references": ["a"]}],
            },
            ["role-templates:"],
        ),
        ({**TYPES, "authorities-inheritance": []}, ["authorities-inheritance"]),
    ],
)
def test_a_valid_descriptor_may_have_notes(parts: dict[str, Any], about: list[str]) -> None:
    report = check_document({"xsappname": "app", **parts})
    assert not report.errors
    assert [note.partition(" ")[0] for note in report.notes] == about


def test_plan_apiaccess_takes_less() -> None:
    """H-06."""
    types = {"oauth2-configuration": {"credential-types": ["x509", "binding-secret"]}}
    assert not check_document({"xsappname": "app", **TYPES}, for_apiaccess=True).errors
    [note] = check_document(types, for_apiaccess=True).notes
    assert "x509 has no effect" in note
    report = check_document({"xsappname": "app", "scopes": []}, for_apiaccess=True)
    assert [error.path for error in report.errors] == ["scopes"]

"""The findings about one file, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker.descriptor.reports.check import check

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"text"', "[" * 100_000, "\ud800"])
def test_what_is_no_json_object_is_one_error_at_the_root(text: str) -> None:
    report = check(text)
    assert not report.is_valid
    assert [error.path for error in report.errors] == ["$"]
    assert report.notes == []


def test_all_errors_come_at_once_and_no_advice() -> None:
    report = check(json.dumps({"xsappname": "my.app", "scopes": [{"name": "read"}]}))
    assert [error.path for error in report.errors] == ["xsappname", "scopes[0].name"]
    assert report.as_json() == {
        "valid": False,
        "errors": [error.as_json() for error in report.errors],
        "notes": [],
    }


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
    report = check(json.dumps({"xsappname": "app", **parts}))
    assert report.is_valid
    assert [note.partition(" ")[0] for note in report.notes] == about

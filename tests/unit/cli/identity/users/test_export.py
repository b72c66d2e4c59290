"""``users export``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_an_export_is_one_json_document(users: CommandLine) -> None:
    exported = json.loads(users("users", "export", "anna", "--zone", "1"))
    assert exported["user"]["email"] == "anna@example.org"
    assert exported["audit_events"] == []
    again = json.loads(users("users", "export", "anna", "--zone", "1", "--json"))
    assert [each["action"] for each in again["audit_events"]] == ["export-user"]

"""``users show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_a_user_is_shown_by_name_and_origin(users: CommandLine) -> None:
    shown = users("users", "show", "anna", "--zone", "zone-1")
    assert "EMAIL" in shown
    assert "anna@example.org" in shown
    berta = ("users", "show", "berta", "--zone", "1", "--origin", "corp", "--json")
    found = json.loads(users(*berta))
    assert (found["external_id"], found["last_administrator"]) == ("sub-b", False)
    assert found["role_collections"] == []
    users("users", "create-admin", "--zone", "1", "--name", "root")
    root = json.loads(users("users", "show", "root", "--zone", "1", "--json"))
    assert root["role_collections"] == ["Subaccount Administrator"]
    assert "ROLE COLLECTIONS" in users("users", "show", "root", "--zone", "1")
    missing = users.try_out("users", "show", "berta", "--zone", "1")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "has no user berta." in missing.stderr

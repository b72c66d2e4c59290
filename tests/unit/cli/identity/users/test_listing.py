"""``users list``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

LIST = ("users", "list", "--zone", "1")


def test_users_are_listed_in_a_table_and_as_json(users: CommandLine) -> None:
    header, *rows = users(*LIST).splitlines()
    assert header.split() == ["NAME", "ORIGIN", "EMAIL", "STATE", "LAST", "LOGON"]
    assert [row.split() for row in rows] == [
        ["berta", "corp", "-", "active", "-"],
        ["anna", "sap.default", "anna@example.org", "active", "-"],
    ]
    assert [each["name"] for each in json.loads(users(*LIST, "--json"))] == ["berta", "anna"]
    found = json.loads(users(*LIST, "--email", "EXAMPLE", "--origin", "uaa", "--json"))
    assert [each["name"] for each in found] == ["anna"]


def test_a_limited_list_names_where_to_continue(users: CommandLine) -> None:
    first = users.try_out(*LIST, "--limit", "1", "--json")
    assert [each["name"] for each in json.loads(first.stdout)] == ["berta"]
    assert "--after corp/berta" in first.stderr
    rest = users.try_out(*LIST, "--limit", "1", "--after", "corp/berta", "--json")
    assert [each["name"] for each in json.loads(rest.stdout)] == ["anna"]
    assert "--after" not in rest.stderr
    assert users.try_out(*LIST, "--after", "berta").exit_code == 2

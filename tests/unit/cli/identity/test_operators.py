"""``operators`` (D-56)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

PASSWORD = "three grey herons wade"


def test_an_operator_gets_a_setup_link(command_line: CommandLine) -> None:
    found = json.loads(command_line("operators", "create-admin", "--name", "root", "--json"))
    assert found["name"] == "root"
    assert "/set-password?link=" in found["link"]
    created = command_line.try_out("operators", "create-admin", "--name", "other")
    assert "within 24 hours" in created.stdout
    assert "/set-password?link=" in created.stdout
    assert created.stderr == ""


def test_the_password_of_an_operator_is_set(command_line: CommandLine) -> None:
    command_line("operators", "create-admin", "--name", "root")
    set_it = ("operators", "set-password", "root")
    text = command_line(*set_it, "--password-stdin", text=PASSWORD)
    assert text.startswith("Set the password of operator root")
    found = json.loads(command_line(*set_it, "--password-stdin", "--json", text=PASSWORD))
    assert found["name"] == "root"
    assert command_line.try_out(*set_it, text=PASSWORD).exit_code == 2
    unknown = command_line.try_out("operators", "set-password", "x", "--password-stdin", text="y")
    assert unknown.exit_code == 1
    assert "no user x" in unknown.stderr


def test_operators_are_listed_deactivated_and_deleted(command_line: CommandLine) -> None:
    """An operator who leaves loses all access; other zones' users are not concerned."""
    command_line("zones", "ensure")
    add = ("users", "add", "root", "--email", "r@example.org", "--zone", "1", "--password-stdin")
    command_line(*add, text=PASSWORD)
    assert "No users found." in command_line("operators", "list")
    command_line("operators", "create-admin", "--name", "root")

    [listed] = json.loads(command_line("operators", "list", "--json"))
    assert (listed["name"], listed["active"]) == ("root", True)
    ended = command_line("operators", "deactivate", "root")
    assert ended == "Deactivated user root. Ended all access tokens and 1 password link.\n"
    assert "inactive" in command_line("operators", "list")
    assert command_line("operators", "activate", "root") == "User root is active.\n"
    ended = command_line("operators", "end-sessions", "root")
    assert ended == "Ended all access tokens.\n"
    deleted = json.loads(command_line("operators", "delete", "root", "--yes", "--json"))
    assert (deleted["id"], deleted["deleted"]) == (listed["id"], True)
    unknown = command_line.try_out("operators", "deactivate", "root")
    assert (unknown.exit_code, "no user root" in unknown.stderr) == (1, True)
    assert json.loads(command_line("users", "show", "root", "--zone", "1", "--json"))["active"]

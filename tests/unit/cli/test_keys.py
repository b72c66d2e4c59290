"""``keys``: signing keys are listed, rotated and revoked (D-16)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def states(command_line: CommandLine) -> dict[str, str]:
    _, *lines = command_line("keys", "list").splitlines()
    return {line.split()[0]: line.split()[1] for line in lines}


def test_the_next_key_is_published_before_it_signs(command_line: CommandLine) -> None:
    [(first, state)] = states(command_line).items()
    assert state == "signing"
    command_line("keys", "rotate")
    after = states(command_line)
    assert after.pop(first) == "signing"
    assert list(after.values()) == ["published"]
    assert command_line.try_out("keys", "rotate").exit_code == 1


def test_by_force_it_signs_at_once(command_line: CommandLine) -> None:
    [first] = states(command_line)
    command_line("keys", "rotate", "--force")
    after = states(command_line)
    assert after.pop(first) == "verifying"
    assert list(after.values()) == ["signing"]


def test_a_revocation_must_be_confirmed(command_line: CommandLine) -> None:
    [first] = states(command_line)
    refused = command_line.try_out("keys", "revoke", first)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert list(states(command_line)) == [first]
    command_line("keys", "revoke", first, "--now")
    after = states(command_line)
    assert after.get(first) in {None, "retired"}
    assert "signing" in after.values()
    assert command_line.try_out("keys", "revoke", "unknown", "--now").exit_code == 1


def test_times_are_listed_as_json(command_line: CommandLine) -> None:
    [key] = json.loads(command_line("keys", "list", "--json"))
    assert (key["state"], key["retire_at"]) == ("signing", None)
    assert datetime.fromisoformat(key["publish_at"]) <= datetime.fromisoformat(key["sign_from"])
    assert "PUBLISHED" in command_line("keys", "list", "--wide")

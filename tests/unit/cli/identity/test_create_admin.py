"""``users create-admin`` and ``operators create-admin`` (I-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

PASSWORD = "three grey herons wade"


def test_an_administrator_is_created_with_a_password(command_line: CommandLine) -> None:
    command_line.domain.provision("i", {"xsappname": "app"})
    create = ("users", "create-admin", "--zone", "1", "--name", "root")
    text = command_line(*create, "--email", "root@example.org", "--password-stdin", text=PASSWORD)
    assert text.startswith("Created administrator root in zone ")
    assert "link" not in text
    refused = command_line.try_out(*create)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has a user root" in refused.stderr

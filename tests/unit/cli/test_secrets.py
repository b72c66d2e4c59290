"""``secrets``: an instance secret is rotated in place (D-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def old(command_line: CommandLine) -> dict[str, str]:
    """Credentials with the instance's first secret."""
    command_line.domain.provision("i", {"xsappname": "app"})
    return command_line.domain.bind("i", "b")


def accepted(command_line: CommandLine, old: dict[str, str]) -> list[bool]:
    new = command_line.domain.bind("i", "b")
    return [command_line.domain.accepts(each) for each in (old, new)]


def rows(command_line: CommandLine) -> list[str]:
    _, *lines = command_line("secrets", "show", "i").splitlines()
    return [line.split()[0] for line in lines]


def test_during_the_overlap_both_are_accepted(
    command_line: CommandLine, old: dict[str, str]
) -> None:
    assert rows(command_line) == ["current"]
    command_line("secrets", "rotate", "i", "--overlap", "1d")
    assert accepted(command_line, old) == [True, True]
    assert rows(command_line) == ["current", "previous"]
    command_line("secrets", "revoke", "i")
    assert accepted(command_line, old) == [False, True]
    assert rows(command_line) == ["current"]


def test_without_one_the_old_secret_ends_at_once(
    command_line: CommandLine, old: dict[str, str]
) -> None:
    printed = command_line("secrets", "rotate", "i", "--overlap", "0")
    assert accepted(command_line, old) == [False, True]
    assert old["clientsecret"] not in printed


@pytest.mark.parametrize("command", ["rotate", "show"])
def test_a_missing_instance_is_a_failure(command_line: CommandLine, command: str) -> None:
    assert command_line.try_out("secrets", command, "missing").exit_code == 1

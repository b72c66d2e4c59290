"""``users set-password`` (I-21 to I-23)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

ADMIN = ("users", "create-admin", "--zone", "1", "--name", "root")
SET = ("users", "set-password", "root", "--zone", "1")
PASSWORD = "three grey herons wade"


def test_a_password_or_a_link_is_set(users: CommandLine) -> None:
    users(*ADMIN)
    assert "Set the password of user root" in users(*SET, "--password-stdin", text=PASSWORD)
    options = ("--password-stdin", "--must-change", "--json")
    found = json.loads(users(*SET, *options, text=PASSWORD))
    assert (found["name"], found["must_change"], found["link"]) == ("root", True, None)
    linked = users.try_out(*SET, "--link")
    assert "/set-password?link=" in linked.stdout


@pytest.mark.parametrize(
    "options", [(), ("--link", "--password-stdin"), ("--link", "--must-change")]
)
def test_options_exclude_each_other(users: CommandLine, options: tuple[str, ...]) -> None:
    assert users.try_out(*SET, *options, text=PASSWORD).exit_code == 2

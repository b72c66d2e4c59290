"""Commands find their installation, create nothing, and name their database in errors."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import click
import pytest

from broker.cli.installation import database_name
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import CommandLine

CREATING = {"broker/cli/serve.py", "broker/cli/installation.py"}


def test_commands_load_no_settings_that_create_an_installation() -> None:
    for file in (ROOT / "broker" / "cli").rglob("*.py"):
        names = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        found = {each for each in names if each.startswith("broker.settings.environment.")}
        assert not found or str(file.relative_to(ROOT)) in CREATING, (file, found)


def test_errors_name_the_database(command_line: CommandLine) -> None:
    path = command_line.domain.database_url.removeprefix("sqlite:///")
    refused = command_line.try_out("instances", "show", "missing")
    assert refused.stderr.splitlines()[1:] == [f"  Database: SQLite {path}"]


def test_a_missing_database_is_named_and_not_created(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "absent" / "xsuaa.db"
    monkeypatch.setenv("XSUAA_DATABASE_URL", f"sqlite:///{path}")
    refused = command_line.try_out("instances", "list")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"The database {path} does not exist" in refused.stderr
    assert not path.parent.exists()


def test_outside_of_a_command_there_is_no_name() -> None:
    assert database_name() is None
    with click.Context(click.Command("x")):
        assert database_name() is None

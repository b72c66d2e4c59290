"""The commands printed for a developer contain real ids, addresses and credentials."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.cli.banner import administrator, first_steps
from broker.composition.first_administrator import FirstAdministrator
from broker.settings.model import Settings


def banner_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: Any) -> str:
    monkeypatch.chdir(tmp_path)
    fields: dict[str, Any] = {
        "mode": "dev",
        "state_dir": Path("state"),
        "PORT": 9090,
        "broker_user": "somebroker",
        "broker_password": "somepassword",
        "public_url": "http://localhost:9090",
        "database_url": "sqlite:///state/store.db",
    }
    return first_steps(Settings(**(fields | changes)))


def test_commands_are_those_of_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/xsuaa-broker", "serve"])
    text = banner_of(monkeypatch, tmp_path)
    assert "xsuaa somebroker 'somepassword' http://localhost:9090 --space-scoped" in text
    assert "SQLite state/store.db" in text
    program = f"XSUAA_STATE_DIR={tmp_path}/state .venv/bin/xsuaa-broker"
    printed = [
        shlex.split(line)[2:] for line in text.splitlines() if line.startswith(f"  {program} ")
    ]
    assert [words[:2] for words in printed] == [
        ["instances", "create"],
        ["service-keys", "create"],
        ["token", "my-uaa"],
    ]
    for words in printed:
        # Commands and options exist; without an installation, they fail with its name.
        result = CliRunner().invoke(main, words)
        assert (result.exit_code, "There is no installation in" in result.stderr) == (1, True)


def test_the_url_of_a_database_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = banner_of(monkeypatch, tmp_path, database_url="postgresql://u:secret@db/xsuaa")
    assert "secret" not in text
    assert "PostgreSQL" in text


@pytest.mark.parametrize(
    ("changes", "is_printed"),
    [
        ({}, True),
        ({"tls_port": 0}, False),
        ({"tls_certificate_file": "c.pem", "tls_key_file": "k.pem"}, False),
    ],
)
def test_the_own_authority_is_named_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, Any], *, is_printed: bool
) -> None:
    assert ("https://localhost:8443" in banner_of(monkeypatch, tmp_path, **changes)) == is_printed


@pytest.mark.parametrize(("password", "shown"), [("generated", "generated"), (None, "in state/")])
def test_the_administrators_password_is_shown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str | None, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(mode="dev", state_dir=Path("state"))
    found = FirstAdministrator("my-org", "http://localhost:8080", password)
    text = administrator(settings, found)
    assert f"password  {shown}" in text
    assert "state/admin-password" in text
    assert "http://localhost:8080" in text

"""Commands in printed texts begin as a user of the folder types them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from broker.cli.program import program


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (".venv/bin/xsuaa-broker", ".venv/bin/xsuaa-broker"),
        ("{folder}/.venv/bin/xsuaa-broker", ".venv/bin/xsuaa-broker"),
        ("/opt/a b/xsuaa-broker", "'/opt/a b/xsuaa-broker'"),
        ("{folder}/bin/xsuaa-broker", "xsuaa-broker"),
    ],
)
def test_the_installed_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, called: str, shown: str
) -> None:
    file = tmp_path / "bin" / "xsuaa-broker"
    file.parent.mkdir()
    file.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [called.format(folder=tmp_path), "serve"])
    assert program(Path("var")) == shown


def test_the_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["broker/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    assert program(Path("var")) == ".venv/bin/python -m broker"


def test_another_state_directory_is_part_of_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/xsuaa-broker"])
    assert program(tmp_path / "var") == ".venv/bin/xsuaa-broker"
    shown = program(Path("my state"))
    assert shown == f"XSUAA_STATE_DIR='{tmp_path}/my state' .venv/bin/xsuaa-broker"

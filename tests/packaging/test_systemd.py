"""The unit of systemd: valid, with limits, and with a command of this program."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

UNIT = ROOT / "deploy/systemd/xsuaa-broker.service"


def values(name: str) -> list[str]:
    """Return the values of a key."""
    lines = UNIT.read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def test_systemd_reads_every_line(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    [command] = values("ExecStart")
    # The program of an installation, which this machine does not have.
    text = UNIT.read_text().replace(shlex.split(command)[0], sys.executable)
    for name, content in (("xsuaa-broker", text), ("wrong", text.replace("LimitNO", "LimitNo"))):
        unit = tmp_path / f"{name}.service"
        unit.write_text(content)
        verified = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", unit],
            capture_output=True,
            text=True,
            check=False,
        )
        own = [line for line in verified.stderr.splitlines() if str(unit) in line]
        assert bool(own) == (name == "wrong"), verified.stderr


def test_its_command_starts_the_server() -> None:
    [command] = values("ExecStart")
    program, *arguments = shlex.split(command)
    [directory] = values("WorkingDirectory")
    assert program.startswith(f"{directory}/")
    shown = subprocess.run(
        [sys.executable, *arguments, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: python -m broker serve" in shown.stdout
    assert values("ExecReload") == ["/bin/kill -HUP $MAINPID"]


def test_memory_and_files_are_limited_and_state_persists() -> None:
    environment = dict(each.split("=", 1) for each in values("Environment"))
    assert environment["MALLOC_ARENA_MAX"] == "1"
    assert values("LimitNOFILE") == ["65536"]
    [state] = values("StateDirectory")
    assert environment["XSUAA_STATE_DIR"] == f"/var/lib/{state}"
    assert values("StateDirectoryMode") == ["0700"]


def test_no_secret_is_in_the_unit_which_every_user_can_read() -> None:
    assert not any(part in UNIT.read_text() for part in ("PASSWORD=", "MASTER_KEYS=", "TOKEN="))
    assert len(values("EnvironmentFile")) == 1

"""``scripts/launcher``, which make copies to .venv/bin/xsuaa-broker."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from broker import __version__
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    """The command of a checkout whose path needs quoting."""
    checkout = tmp_path / "check 'out'"
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    (checkout / "broker").symlink_to(ROOT / "broker")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    command = folder / "xsuaa-broker"
    shutil.copy(ROOT / "scripts" / "launcher", command)
    return command


def run(program: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_the_checkout_from_every_folder_and_by_a_link(
    launcher: Path, tmp_path: Path
) -> None:
    link = tmp_path / "xsuaa-broker"
    link.symlink_to(launcher)
    for program in (launcher, link):
        shown = run(program, "--version", folder=tmp_path)
        assert (shown.returncode, shown.stdout.strip()) == (0, __version__), shown.stderr


def test_arguments_and_the_exit_status_pass_through(launcher: Path, tmp_path: Path) -> None:
    refused = run(launcher, "instances", "show", "a b", "--no-such", folder=tmp_path)
    assert refused.returncode == 2
    assert "Usage: xsuaa-broker instances show" in refused.stderr


def test_make_run_creates_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\nrun: .venv/bin/xsuaa-broker " in makefile
    assert "cp scripts/launcher $@" in makefile

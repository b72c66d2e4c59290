"""A checkout as a reader has it after cloning, with the packages already installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_LEFT_OUT = {"tests", "benchmarks"}


def check_out(folder: Path) -> None:
    """Copy what a clone contains, with the environment that ``make`` creates on first use.

    Its Python is the one of the tests, because an installation takes half a minute; ``make``
    adds the command ``xsuaa-broker``.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("/")[0] for line in listed.stdout.splitlines()} - _LEFT_OUT
    folder.mkdir()
    for name in names:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True)
        elif source.exists():
            shutil.copy2(source, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / ".venv" / ".runtime").touch()

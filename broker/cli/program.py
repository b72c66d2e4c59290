"""The command line as a user of the present folder types it."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "xsuaa-broker"


def program(state_dir: Path) -> str:
    """Return the beginning of commands for the installation in ``state_dir``, for a shell."""
    words = [_shown(Path(sys.argv[0]))] if Path(sys.argv[0]).name == NAME else _module()
    quoted = shlex.join(words)
    if state_dir.absolute() == Path("var").absolute():
        return quoted
    return f"XSUAA_STATE_DIR={shlex.quote(str(state_dir.absolute()))} {quoted}"


def _module() -> list[str]:
    return [_shown(Path(sys.executable)), "-m", "broker"]


def _shown(path: Path) -> str:
    """Return the shortest name of a program: of PATH, relative to this folder, or absolute."""
    found = shutil.which(path.name)
    if found is not None and Path(found).absolute() == path.absolute():
        return path.name
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)

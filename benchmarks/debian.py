"""Programs of Debian packages, unpacked into a directory and not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ProgramMissingError(Exception):
    """A program is not on PATH and could not be unpacked; the message says how to install it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and the environment variables that locate its libraries."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def find_program(name: str, package: str, libraries: tuple[str, ...], directory: Path) -> Program:
    """Return the program from PATH; else from its package, unpacked below the directory.

    ``libraries`` are the packages of libraries that a minimal system lacks. Raises
    ProgramMissingError.
    """
    if installed := shutil.which(name):
        return Program(directory.joinpath(installed))
    advice = f"install it, for example with apt-get install {package}"
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ProgramMissingError(f"{name} is not on PATH; {advice}")
    root = directory / package
    root.mkdir(parents=True)
    if _fails(["apt-get", "download", package, *libraries], root):
        raise ProgramMissingError(
            f"{name} is not on PATH and apt-get cannot download {package} (is apt-get update"
            f" due?); {advice}"
        )
    for archive in root.glob("*.deb"):
        _fails(["dpkg-deb", "-x", str(archive), str(root)], root)
    found = [path for path in root.glob("usr/lib/*/") if any(path.glob("*.so.*"))]
    program = Program(
        root / "usr/bin" / name, {"LD_LIBRARY_PATH": os.pathsep.join(map(str, found))}
    )
    if not program.path.is_file() or not _loads(program):
        raise ProgramMissingError(f"the {name} of the Debian package does not run here; {advice}")
    return program


def _fails(command: list[str], directory: Path) -> bool:
    return subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode != 0


def _loads(program: Program) -> bool:
    linked = subprocess.run(
        ["ldd", str(program.path)],
        env={"PATH": os.environ["PATH"], **program.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return linked.returncode == 0 and "not found" not in linked.stdout + linked.stderr

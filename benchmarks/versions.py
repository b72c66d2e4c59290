"""Trees of the product: that of another commit, and a snapshot of the working tree."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.support.previous_version import export
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OLD, NEW = "old", "new"
VERSIONS = OLD, NEW


class UnknownCommitError(Exception):
    """The repository contains no commit with the name in the message."""


def resolved(name: str) -> str:
    """Return the full id of a commit; raise UnknownCommitError."""
    finished = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if finished.returncode:
        raise UnknownCommitError(f"this repository holds no commit {name!r}")
    return finished.stdout.strip()


def trees(commit: str, directory: Path) -> Mapping[str, Path]:
    """Write the trees of both versions below the directory; the commit is a full id."""
    return {OLD: export(commit, directory / OLD), NEW: _working_tree(directory / NEW)}


def _working_tree(target: Path) -> Path:
    """Copy all files that git does not ignore, so that edits do not affect the measurement."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed.check_returncode()
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    return target


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], text=True, capture_output=True, check=False
    )

"""An earlier version of the product, exported from the repository's history."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING
from zipfile import ZipFile

from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path


class HistoryMissingError(Exception):
    """The repository does not hold that commit, as after a shallow clone."""


def export(commit: str, directory: Path) -> Path:
    """Write the tree of a commit, given by its full id, below the directory; return its root."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=zip", commit],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise HistoryMissingError(
            f"The repository has no commit {commit}; it needs its whole history, as by"
            f" git fetch --unshallow. git says: {archive.stderr.decode().strip()}"
        )
    target = directory / commit[:12]
    # Python 3.11.2 (Debian 12) has no extraction filters for tar files.
    with ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(target)
    return target

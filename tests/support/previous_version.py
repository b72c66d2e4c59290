"""An earlier version of the product, out of the repository's own history."""

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
    # What Python 3.11.2, of Debian 12, knows of safe ways to unpack a tar is nothing.
    with ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(target)
    return target

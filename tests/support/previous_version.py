"""An earlier version of the product, out of the repository's own history."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path


class HistoryMissingError(Exception):
    """The repository does not hold that commit, as after a shallow clone."""


def export(commit: str, directory: Path) -> Path:
    """Write the tree of a commit, given by its full id, below the directory; return its root."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", commit],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise HistoryMissingError(
            f"The repository has no commit {commit}; it needs its whole history, as by"
            f" git fetch --unshallow. git says: {archive.stderr.decode().strip()}"
        )
    target = directory / commit[:12]
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(target, filter="data")
    return target

"""promtool of Prometheus: the one installed, else that of Debian, unpacked in the user's cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.debian_packages import DOWNLOAD, PackageMissingError, Packages, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

REQUIRED = "TESTS_REQUIRE_PROMTOOL"
"""Environment variable with which tests fail instead of being skipped without promtool."""

# The other packages that it depends on belong to the pages of the server.
_PACKAGES = Packages(("prometheus",), "prometheus", DOWNLOAD)


def promtool() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs promtool with arguments in a directory; skip without it."""
    try:
        program = _program()
    except PackageMissingError as error:
        if os.environ.get(REQUIRED):
            raise
        pytest.skip(f"there is no promtool: {error}")

    def run_promtool(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run([program, *arguments], directory)

    return run_promtool


def _program() -> Path:
    if installed := shutil.which("promtool"):
        return Path(installed)
    return _PACKAGES.find(_unpacked)


def _unpacked(folder: Path) -> Path | None:
    program = folder / "usr/bin/promtool"
    return program if not run([program, "--version"], Path("/")).returncode else None

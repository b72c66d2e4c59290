"""Finds nginx: on PATH, else in the Debian package, unpacked and not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class NginxMissingError(Exception):
    """There is no nginx on PATH, and none could be unpacked either."""


def nginx_program(directory: Path) -> Path:
    """Return nginx from PATH; else fetch the Debian package and unpack it below the directory."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
    if installed := shutil.which("nginx", path=path):
        return directory.joinpath(installed)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NginxMissingError("there is no nginx, and no apt-get to fetch it with")
    fetched = _run(["apt-get", "download", "nginx"], directory)
    packages = list(directory.glob("nginx_*.deb"))
    if fetched or not packages:
        raise NginxMissingError("there is no nginx, and apt-get cannot download it")
    unpacked = directory / "unpacked"
    _run(["dpkg-deb", "-x", str(packages[0]), str(unpacked)], directory)
    program = unpacked / "usr/sbin/nginx"
    if not program.is_file() or _run([str(program), "-v"], directory):
        raise NginxMissingError("the nginx of the Debian package does not run here")
    return program


def _run(command: list[str], directory: Path) -> int:
    return subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode

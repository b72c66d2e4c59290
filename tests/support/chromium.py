"""Chromium: the one installed, else Debian's packages, unpacked in the user's cache."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.debian_packages import WITH_DEPENDENCIES, PackageMissingError, Packages, run

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "chromium-headless-shell"

_INSTALLED = (PACKAGE, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The machine may have no font at all.
_PACKAGES = Packages((PACKAGE, "fonts-dejavu-core"), "chromium", WITH_DEPENDENCIES)
_PROGRAM = "usr/lib/chromium/chromium-headless-shell"


class ChromiumMissingError(Exception):
    """There is no Chromium, and it could not be fetched either."""


@dataclass(frozen=True)
class Chromium:
    """A program that runs here, with the variables that it requires."""

    program: Path
    environment: Mapping[str, str]


def chromium() -> Chromium:
    """Return Chromium, fetched if needed; raise ChromiumMissingError."""
    path = os.environ.get("PATH", os.defpath)
    for name in _INSTALLED:
        if (found := shutil.which(name, path=path)) and _runs(Chromium(Path(found), {})):
            return Chromium(Path(found), {})
    try:
        return _PACKAGES.find(_unpacked, _write_fonts_conf)
    except PackageMissingError as error:
        raise ChromiumMissingError(f"there is no Chromium: {error}") from error


def _unpacked(folder: Path) -> Chromium | None:
    """Return the Chromium of a folder if it runs with its packages' libraries and fonts."""
    if not (folder / _PROGRAM).is_file():
        return None
    # Some packages have their libraries in folders of their own.
    libraries = sorted({str(each.parent) for each in folder.glob("usr/lib/*-linux-*/**/*.so*")})
    environment = {
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    found = Chromium(folder / _PROGRAM, environment)
    return found if _runs(found) else None


def _runs(found: Chromium) -> bool:
    return not run([found.program, "--version"], Path("/"), found.environment).returncode


def _write_fonts_conf(unpacked: Path, folder: Path) -> None:
    """Use the unpacked fonts and those installed; ``folder`` is the later path."""
    folders = (folder / "usr/share/fonts", Path("/usr/share/fonts"))
    (unpacked / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        + "".join(f"  <dir>{each}</dir>\n" for each in folders)
        + f"  <cachedir>{folder / 'fontconfig'}</cachedir>\n</fontconfig>\n"
    )

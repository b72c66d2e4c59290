"""Chromium: the one installed, else Debian's packages, unpacked in the user's cache.

No package is installed, and no special rights are required. ``apt-get`` of the machine knows the
mirror, and selects only the packages that the machine lacks.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PACKAGE = "chromium-headless-shell"

_INSTALLED = (PACKAGE, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The machine may have no font at all.
_PACKAGES = (PACKAGE, "fonts-dejavu-core")
_PROGRAM = "usr/lib/chromium/chromium-headless-shell"
_PATIENCE_SECONDS = 300


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
    with _locked_cache() as cache:
        return _cached(cache)


def _cached(cache: Path) -> Chromium:
    """Return the newest Chromium of the package lists, else any that was unpacked earlier."""
    version = _offered_version(cache)
    if version and (found := _unpacked(cache / f"chromium-{version}")):
        return found
    try:
        folder = _fetch(cache)
    except ChromiumMissingError:
        for earlier in sorted(cache.glob("chromium-*"), reverse=True):
            if found := _unpacked(earlier):
                return found
        raise
    if found := _unpacked(folder):
        return found
    raise ChromiumMissingError("the Chromium of the Debian packages does not run here")


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
    return not _run([found.program, "--version"], Path("/"), found.environment).returncode


def _fetch(cache: Path) -> Path:
    """Download and unpack the packages; return the folder."""
    path = os.environ.get("PATH", os.defpath)
    if not shutil.which("apt-get", path=path) or not shutil.which("dpkg-deb", path=path):
        raise ChromiumMissingError("there is no Chromium, and no apt-get to fetch it with")
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as name:
        work = Path(name)
        archives = _download(work, cache)
        unpacked = work / "unpacked"
        unpacked.mkdir()
        for package in archives:
            if _run(["dpkg-deb", "-x", package, unpacked], work).returncode:
                raise ChromiumMissingError(f"{package.name} cannot be unpacked")
        version = next(each.name.split("_")[1] for each in archives if PACKAGE in each.name)
        folder = cache / f"chromium-{version.replace('%3a', ':')}"
        _write_fonts_conf(unpacked / "fonts.conf", folder)
        for earlier in cache.glob("chromium-*"):
            shutil.rmtree(earlier, ignore_errors=True)
        return unpacked.rename(folder)


def _download(work: Path, cache: Path) -> list[Path]:
    """Return the archives of the packages that the machine lacks."""
    archives = work / "archives"
    (archives / "partial").mkdir(parents=True)
    fetch = ("install", "--download-only", "--reinstall", "--yes", "--no-install-recommends")
    into = ("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1")
    for own in ((), _own_lists(cache)):
        if own and _run(["apt-get", *own, "update"], work).returncode:
            break
        command = ["apt-get", *own, *into, *fetch, *_PACKAGES]
        if not _run(command, work).returncode and list(archives.glob(f"{PACKAGE}_*.deb")):
            return sorted(archives.glob("*.deb"))
    raise ChromiumMissingError("there is no Chromium, and apt-get cannot download its packages")


def _own_lists(cache: Path) -> tuple[str, ...]:
    """Return options with package lists of our own: those of the machine may be missing or old."""
    for folder in ("lists/partial", "archives/partial"):
        (cache / "apt" / folder).mkdir(parents=True, exist_ok=True)
    return (
        *("-o", f"Dir::State={cache}/apt", "-o", f"Dir::Cache={cache}/apt"),
        *("-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "APT::Sandbox::User=root"),
    )


def _offered_version(cache: Path) -> str | None:
    """Return the package's version in the lists of the machine, else in our own."""
    for own in ((), _own_lists(cache)):
        policy = _run(["apt-cache", *own, "policy", PACKAGE], cache).stdout
        if offered := re.search(r"^ *Candidate: (\d\S*)$", policy, re.MULTILINE):
            return offered[1]
    return None


def _write_fonts_conf(file: Path, folder: Path) -> None:
    """Use the unpacked fonts and those installed."""
    folders = (folder / "usr/share/fonts", Path("/usr/share/fonts"))
    file.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        + "".join(f"  <dir>{each}</dir>\n" for each in folders)
        + f"  <cachedir>{folder / 'fontconfig'}</cachedir>\n</fontconfig>\n"
    )


@contextmanager
def _locked_cache() -> Iterator[Path]:
    """Yield the folder of the user's cache; other processes wait for its lock."""
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    cache = Path(base) / "xsuaa-broker-tests"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield cache
    except OSError as error:
        raise ChromiumMissingError(f"the cache for Chromium is unusable: {error}") from error


def _run(
    command: Sequence[str | Path], directory: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command; one that takes too long, or cannot be started, fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", **(more or {})}
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess([str(each) for each in command], 1, "", str(error))

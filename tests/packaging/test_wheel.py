"""The wheel contains everything that the installed command needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from broker import __version__
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel alone is installed."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


def test_it_contains_migrations_and_catalog(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        resources = {
            name.removeprefix("broker/resources/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("broker/resources/")
        }
    migrations = [path for path in (ROOT / "migrations").rglob("*") if path.suffix != ".pyc"]
    originals = [path for path in migrations if path.is_file()] + [ROOT / "catalog.yaml"]
    assert resources == {str(path.relative_to(ROOT)): path.read_bytes() for path in originals}


def test_it_contains_no_other_files_of_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"broker", "xsuaa_broker"}
    assert [name for name in names if name.endswith((".pyc", ".db", ".pem", ".env"))] == []


def test_the_installed_command_upgrades_a_database(installed: Path, tmp_path: Path) -> None:
    first = xsuaa_broker(installed, tmp_path, "db", "upgrade")
    assert first.startswith("The database schema was upgraded")
    assert (tmp_path / "var" / "xsuaa.db").is_file()
    assert xsuaa_broker(installed, tmp_path, "db", "upgrade").startswith("The database schema is")


def test_the_installed_command_knows_its_version(installed: Path, tmp_path: Path) -> None:
    assert xsuaa_broker(installed, tmp_path, "--version") == __version__


def pip(command: str, *arguments: str) -> None:
    """Run pip of this environment."""
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([sys.executable, "-m", "pip", command, *options, *arguments], check=True)


def xsuaa_broker(installed: Path, directory: Path, *arguments: str) -> str:
    """Run the installed command in a separate directory; return its output."""
    result = subprocess.run(
        [installed / "bin" / "xsuaa-broker", *arguments],
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PYTHONPATH": str(installed),
            "XSUAA_MODE": "dev",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()

"""Files that ship with the code."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING

import pytest

from broker.runtime import resources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_installed", [False, True])
def test_they_lie_inside_a_wheel_and_beside_a_checkout(
    tmp_path: Path, *, is_installed: bool
) -> None:
    package = tmp_path / "broker"
    place = package / "resources" if is_installed else tmp_path
    for folder in (package / "runtime", place):
        folder.mkdir(parents=True, exist_ok=True)
    (place / "catalog.yaml").touch()
    copy = shutil.copy(resources.__file__, package / "runtime")
    spec = importlib.util.spec_from_file_location("installed", copy)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.resource("catalog.yaml") == place / "catalog.yaml"


@pytest.mark.parametrize("name", ["migrations", "catalog.yaml"])
def test_all_files_exist(name: str) -> None:
    assert resources.resource(name).exists()

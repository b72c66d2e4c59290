"""The map in the package's docstring, the folders and the layout agree."""

from __future__ import annotations

import re
from pathlib import Path

import broker

PACKAGE = Path(broker.__file__).parent
ROOT = PACKAGE.parent


def test_the_map_lists_every_room_once() -> None:
    listed = re.findall(r"^    (\w+(?:/|\.py))\s", broker.__doc__ or "", re.MULTILINE)
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in PACKAGE.iterdir()
        if path.name not in {"__pycache__", "__init__.py"}
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == rooms


def test_no_room_is_called_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    for folder in (PACKAGE, ROOT / "tests"):
        for path in folder.rglob("*"):
            assert path.stem not in drawers or "node_modules" in path.parts, path


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: lines for path, lines in sizes.items() if lines > 300} == {}


def test_rooms_stay_small_enough_to_be_looked_through() -> None:
    crowded = {}
    for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        most = {PACKAGE: 9, PACKAGE / "cli": 20}.get(folder, 16)
        if len(modules) > most:
            crowded[str(folder)] = len(modules)
    assert crowded == {}

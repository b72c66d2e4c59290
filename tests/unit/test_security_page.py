"""The threat model cites existing tests and files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[^`\s]+\.py)::(\w+)`", PAGE)))
TABLES = re.findall(r"^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", PAGE, re.MULTILINE)
ROWS = [row for table in TABLES for row in table.splitlines()]


@pytest.mark.parametrize(("file", "test"), TESTS, ids=str)
def test_every_test_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_one() -> None:
    assert len(TABLES) == 2
    assert len(ROWS) > 20
    assert len(ROWS) == PAGE.count("\n|") - 2 * len(TABLES)
    for row in ROWS:
        assert row.count("|") == 5, row
        _asset, _attack, _defence, shown = row.strip("|").split("|")
        assert re.search(r"`tests/[^`\s]+\.py::test_\w+`", shown), row


def test_every_path_exists() -> None:
    named = re.findall(r"`([\w./-]+\.(?:md|py|txt|yaml|toml))`", PAGE)
    assert named
    for path in named:
        assert (ROOT / path).exists(), path

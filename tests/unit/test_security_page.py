"""The threat model cites existing tests and files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[^`\s]+\.py)::(\w+)`", PAGE)))
ROWS = [line for line in PAGE.splitlines() if line.startswith("|")][2:]


@pytest.mark.parametrize(("file", "test"), TESTS, ids=str)
def test_every_test_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_one() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        assert row.count("|") == 5, row
        _asset, _attack, _defence, shown = row.strip("|").split("|")
        assert re.search(r"`tests/[^`\s]+\.py::test_\w+`", shown), row


def test_every_path_exists() -> None:
    named = re.findall(r"`([\w./-]+\.(?:md|py|txt|yaml|toml))`", PAGE)
    assert named
    for path in named:
        assert (ROOT / path).exists(), path

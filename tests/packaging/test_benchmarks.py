"""The benchmarks run; how fast anything is, no test says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.debian import ProgramMissingError
from benchmarks.report import Table, markdown
from benchmarks.targets import Target
from benchmarks.wrk import wrk_program
from tests.support.server import ROOT


def test_a_short_benchmark_prints_its_figures(tmp_path: Path) -> None:
    try:
        wrk_program(tmp_path)
    except ProgramMissingError as missing:
        pytest.skip(str(missing))
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "1", "--only", "tokens"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    for database in ("SQLite", "PostgreSQL"):
        assert f"| {database}, 16 connections | " in finished.stdout


def test_a_row_may_lack_figures() -> None:
    table = Table("Title", {"first": {"a": 1234.5, "b": 0.1234}, "second": {"b": 2}})
    assert markdown(table).splitlines()[2:] == [
        "| | a | b |",
        "|---|---:|---:|",
        "| first | 1,234 | 0.123 |",
        "| second |  | 2 |",
    ]


@pytest.mark.parametrize(
    ("must", "aim", "value", "verdict"),
    [
        (0.65, 0.8, 0.8, "aim reached"),
        (0.65, 0.8, 0.7, "kept"),
        (0.65, 0.8, 0.6, "MISSED"),
        (2.5, 2.0, 1.5, "aim reached"),
        (2.5, 2.0, 2.2, "kept"),
        (2.5, 2.0, 3.0, "MISSED"),
    ],
)
def test_more_is_better_when_the_aim_is_higher(
    must: float, aim: float, value: float, verdict: str
) -> None:
    assert Target("", must, aim, "", "", "").verdict(value) == verdict

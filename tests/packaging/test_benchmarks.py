"""The benchmarks run; no test checks their figures."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import QUICK, main
from benchmarks.bench import Bench
from benchmarks.comparison import Comparison, Figures, markdown_of_verdicts, table
from benchmarks.debian import ProgramMissingError
from benchmarks.load import MeasurementSpoiledError
from benchmarks.pairs import Pairs
from benchmarks.parts import against_operations
from benchmarks.parts.against import Configuration, measure
from benchmarks.report import Table, markdown
from benchmarks.targets import Target
from benchmarks.versions import NEW, OLD, UnknownCommitError, resolved, trees
from benchmarks.wrk import wrk_program
from tests.support.server import ROOT


@pytest.mark.soak
def test_a_short_benchmark_prints_its_figures(tmp_path: Path) -> None:
    try:
        wrk_program(tmp_path)
    except ProgramMissingError as missing:
        pytest.skip(str(missing))
    program = (
        "from dataclasses import replace\n"
        "import benchmarks.__main__ as program\n"
        "program.QUICK = replace(program.QUICK, rounds=1, patience=0.0, bindings=200)\n"
        "raise SystemExit(program.main())\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, "--quick", "--only", "tokens"],
        cwd=ROOT,
        text=True,
        capture_output=True,
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


@pytest.mark.soak
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_two_versions_are_compared(database: str, tmp_path: Path) -> None:
    effort = replace(QUICK, rounds=1, patience=0.0, bindings=200, tokens_for_memory=400)
    with ExitStack() as stack:
        bench = Bench(effort, tmp_path, stack)
        try:
            _ = bench.load
        except ProgramMissingError as missing:
            pytest.skip(str(missing))
        versions = trees(resolved("HEAD"), tmp_path / "versions")
        (found,) = measure(bench, versions, [Configuration(database, 2)])
    assert found.name == f"{database}, two workers"
    assert len(found.cpu.ratios) == len(found.memory.ratios) == 1
    assert all(0.2 < ratio < 5 for ratio in [*found.cpu.ratios, *found.memory.ratios])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "no-such-commit"], "this repository holds no commit 'no-such-commit'"),
        (["--against", "HEAD", "--only", "tokens"], "--against cannot be combined"),
        (["--against", "HEAD", "--write"], "--against cannot be combined"),
        (["--against", "HEAD", "--long"], "--against cannot be combined"),
        (["--operations"], "--operations requires --against"),
    ],
)
def test_a_comparison_stands_alone(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ratio", "status"),
    [(1.0, 0), (1.1, 1), (None, 2)],
    ids=["kept", "missed", "nothing measured"],
)
def test_the_exit_status_shows_whether_a_bound_is_missed(
    ratio: float | None,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def measured(bench: Bench, _trees: object) -> list[Comparison]:
        if ratio is None:
            raise MeasurementSpoiledError("too busy")
        both = {OLD: Figures(100, 20, 100), NEW: Figures(100 * ratio, 20, 100)}
        return [Comparison("SQLite, one worker", [both] * bench.effort.rounds)]

    monkeypatch.setattr(sys, "argv", ["benchmarks", "--against", "HEAD"])
    monkeypatch.setattr("benchmarks.parts.against.measure", measured)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main() == status
    assert ("; 20 rounds" in capsys.readouterr().out) == (ratio is not None)


@pytest.mark.soak
def test_operations_of_two_versions_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(against_operations, "_DATABASES", {"sqlite": "SQLite"})
    monkeypatch.setattr(against_operations, "_CALLS", 10)
    monkeypatch.setattr(against_operations, "_WARM_UP", 1)
    effort = replace(QUICK, rounds=1, patience=0.0)
    with ExitStack() as stack:
        versions = trees(resolved("HEAD"), tmp_path / "versions")
        found = against_operations.measure(Bench(effort, tmp_path, stack), versions)
    assert [each.name for each in found] == [
        "provision, SQLite",
        "bind, SQLite",
        "unbind, SQLite",
    ]
    assert all(each.row["new ms"] > 0 for each in found)


def test_a_commit_is_found_by_a_short_name() -> None:
    full = resolved("HEAD")
    assert len(full) == 40
    assert resolved(full[:10]) == full
    with pytest.raises(UnknownCommitError):
        resolved(f"{full}:docs")


def test_uncommitted_files_are_part_of_the_working_tree(tmp_path: Path) -> None:
    found = trees(resolved("HEAD"), tmp_path)
    for name in ("broker/__main__.py", "migrations/env.py", "catalog.yaml"):
        assert (found[NEW] / name).read_text() == (ROOT / name).read_text()
        assert (found[OLD] / name).is_file()
    assert not (found[NEW] / ".venv").exists()


@pytest.mark.parametrize(
    ("ratios", "interval", "verdict"),
    [
        # Sign test: the minimum and maximum of five, the sixth from either end of twenty.
        ([0.99, 1.00, 1.00, 1.01, 1.02], (0.99, 1.02), "kept"),
        ([1.03, 1.05, 1.04, 1.06, 1.03], (1.03, 1.06), "MISSED"),
        ([1.00, 1.05, 1.04, 1.06, 1.03], (1.00, 1.06), "not decided"),
        ([1.03, 1.05, 1.04, 1.06], (1.03, 1.06), "not decided"),
        ([0.99], (0.99, 0.99), "not decided"),
        ([*[2.0] * 5, *[1.0] * 10, *[0.5] * 5], (1.0, 1.0), "kept"),
        ([1 + number / 100 for number in range(20)], (1.05, 1.14), "MISSED"),
    ],
)
def test_a_bound_is_missed_when_the_whole_interval_is_beyond_it(
    ratios: list[float], interval: tuple[float, float], verdict: str
) -> None:
    pairs = Pairs(ratios)
    assert pairs.interval == pytest.approx(interval)
    assert pairs.verdict(1.02) == verdict


def test_each_round_is_a_pair_of_its_own() -> None:
    # The machine slows down from round to round; the new version is faster in each round.
    rounds = [
        {OLD: Figures(speed, 20, 100), NEW: Figures(speed * 0.9, 20 * 1.1, 100)}
        for speed in (100.0, 200.0, 300.0, 400.0, 500.0)
    ]
    found = Comparison("SQLite, one worker", rounds)
    assert found.cpu.ratios == pytest.approx([0.9] * 5)
    assert found.cpu.quartiles == pytest.approx((0.9, 0.9))
    assert found.row["old µs"] == 300
    assert found.row["CPU %"] == pytest.approx(-10)
    assert found.is_missed, "by its memory"
    assert "| SQLite, one worker | 300 | 270 | -10 |" in markdown(table("Title", [found]))
    cpu, memory = "-10.0 % (-10.0 to -10.0), kept", "+10.0 % (+10.0 to +10.0), MISSED"
    assert markdown_of_verdicts([found]).splitlines() == [
        "### At most 2 % more CPU time per token, and memory likewise",
        "",
        f"- SQLite, one worker: CPU per token {cpu}; memory of a worker {memory}",
    ]

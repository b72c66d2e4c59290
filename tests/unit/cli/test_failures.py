"""A command fails with lines on stderr and status 1."""

from __future__ import annotations

import pytest

from broker.cli.failures import report_errors
from broker.errors import (
    ConfigurationError,
    ForbiddenChange,
    InvalidRequest,
    StoreUnavailable,
    Violation,
)


class DriverError(Exception):
    """An error of SQLAlchemy: its cause is ``orig``."""

    def __init__(self, orig: str) -> None:
        super().__init__(orig)
        self.orig = orig


def test_each_line_of_the_error_is_one_of_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, report_errors():
        raise ConfigurationError("first\nsecond")
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (1, "")
    assert printed.err.splitlines() == ["Error: first", "Error: second"]


def test_the_driver_s_message_follows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), report_errors():
        raise StoreUnavailable("away") from DriverError("no such file\n")
    assert capsys.readouterr().err.splitlines() == ["Error: away", "  no such file"]


def test_each_violation_is_a_line_with_the_name_of_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = [Violation("a", "1", "2"), Violation("x.json", "no JSON", "JSON")]
    with pytest.raises(SystemExit), report_errors("x.json"):
        raise InvalidRequest(broken, subject="Error")
    assert capsys.readouterr().err.splitlines() == [
        "Error: x.json: a: 1; allowed: 2",
        "Error: x.json: no JSON; allowed: JSON",
    ]


@pytest.mark.parametrize(
    ("violations", "lines"),
    [
        ((), ["Error: x.json: text"]),
        ([Violation("a", "1", "2")], ["Error: x.json: a: 1; allowed: 2"]),
    ],
)
def test_forbidden_changes_are_lines_too(
    capsys: pytest.CaptureFixture[str], violations: list[Violation], lines: list[str]
) -> None:
    with pytest.raises(SystemExit), report_errors("x.json"):
        raise ForbiddenChange("text", violations)
    assert capsys.readouterr().err.splitlines() == lines


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(KeyError), report_errors():
        raise KeyError

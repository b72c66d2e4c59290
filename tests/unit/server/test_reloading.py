"""Following changed files, and SIGHUP."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from broker.runtime import watched_files
from broker.runtime.watched_files import publish
from broker.server import reloading
from broker.server.reloading import Reloading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class LogFiles:
    """Counts how often they are opened again."""

    def __init__(self) -> None:
        self.reopened = 0
        self.error: OSError | None = None

    def reopen_everywhere(self) -> None:
        self.reopened += 1
        if self.error:
            raise self.error


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> LogFiles:
    """The log files."""
    found = LogFiles()
    monkeypatch.setattr(reloading, "open_log_files", lambda: found)
    monkeypatch.setattr(reloading, "_FILES_SECONDS", 0.0)
    monkeypatch.setattr(watched_files, "_published", {})
    return found


@pytest.fixture
def followed(logs: LogFiles) -> Iterator[Reloading]:
    """The object under test, without its thread."""
    before = signal.getsignal(signal.SIGHUP)
    yield Reloading()
    signal.signal(signal.SIGHUP, before)


def not_bad(contents: Sequence[bytes]) -> None:
    if contents[0] == b"bad":
        raise ValueError("bad")


def hang_up(followed: Reloading) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGHUP)
    with capture_logs() as logged:
        followed.check()
    [line] = [each for each in logged if each["event"].startswith("SIGHUP")]
    return dict(line)


def test_changed_files_are_used_without_a_signal(
    followed: Reloading, logs: LogFiles, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    published = publish("file", [file], not_bad)
    file.write_text("changed")
    followed.check()
    assert published.current() == (b"changed",)
    assert logs.reopened == 0


def test_sighup_reloads_everything_once_and_says_so(
    followed: Reloading, logs: LogFiles, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    published = publish("file", [file], not_bad)
    file.write_text("bad")
    line = hang_up(followed)
    assert (line["log_level"], line["file"], line["log_file"]) == ("warning", "refused", "reopened")
    file.write_text("good")
    line = hang_up(followed)
    assert (line["log_level"], line["file"]) == ("info", "renewed")
    assert published.current() == (b"good",)
    followed.check()
    assert logs.reopened == 2


def test_a_log_file_that_cannot_be_opened_is_reported(followed: Reloading, logs: LogFiles) -> None:
    logs.error = PermissionError(13, "Permission denied")
    assert hang_up(followed)["log_file"] == "refused"

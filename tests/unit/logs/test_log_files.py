"""Log files that are renamed and opened again."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from broker.logs import log_files
from broker.logs.log_files import LogFiles, open_log_files, watch_log_files
from tests.operations.processes import await_that, needs_proc

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_proc


@contextmanager
def opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o640)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_renamed_file_is_opened_again_with_its_mode(tmp_path: Path) -> None:
    file, rotated = tmp_path / "log", tmp_path / "log.1"
    with opened(file) as descriptor:
        logs = LogFiles([descriptor])
        assert logs
        os.write(descriptor, b"before\n")
        file.rename(rotated)
        os.write(descriptor, b"still before\n")
        logs.reopen_everywhere()
        os.write(descriptor, b"after\n")
    assert rotated.read_text() == "before\nstill before\n"
    assert file.read_text() == "after\n"
    assert file.stat().st_mode & 0o777 == rotated.stat().st_mode & 0o777


def test_lines_are_added_to_an_existing_file(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with opened(file) as descriptor:
        logs = LogFiles([descriptor])
        file.unlink()
        file.write_text("of another process\n")
        logs.reopen_everywhere()
        os.write(descriptor, b"ours\n")
    assert file.read_text() == "of another process\nours\n"


def test_a_file_that_cannot_be_opened_stays_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with opened(folder / "log") as descriptor:
        logs = LogFiles([descriptor])
        folder.rename(tmp_path / "moved")
        with pytest.raises(FileNotFoundError):
            logs.reopen_everywhere()
        logs.reopen_if_requested()  # not again without a request
        os.write(descriptor, b"kept\n")
    assert (tmp_path / "moved" / "log").read_text() == "kept\n"


def test_pipes_and_deleted_files_are_left_alone(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with opened(tmp_path / "log") as descriptor:
        (tmp_path / "log").unlink()
        logs = LogFiles([writer, descriptor])
        assert not logs
        logs.reopen_everywhere()
        logs.watch()
    os.write(writer, b"x")
    assert os.read(reader, 10) == b"x"
    os.close(reader)
    os.close(writer)


def test_a_forked_process_follows_a_request(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with opened(file) as descriptor:
        logs = LogFiles([descriptor])
        end = os.pipe()
        child = os.fork()
        if child == 0:
            logs.watch()
            os.read(end[0], 1)
            os._exit(0)
        file.rename(tmp_path / "log.1")
        logs.reopen_everywhere()
        place = Path(f"/proc/{child}/fd/{descriptor}")
        await_that(lambda: place.readlink() == file, "the new file in the child")
        os.write(end[1], b"x")
        os.waitpid(child, 0)
        for each in end:
            os.close(each)


def test_a_process_without_log_files_watches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files._Opened, "files", None)
    watch_log_files()
    assert open_log_files() is log_files._Opened.files

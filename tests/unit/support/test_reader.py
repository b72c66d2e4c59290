"""A page that does not do what it says fails its test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.documents.blocks import Block
from tests.support.documents.reader import PageError, Reader
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader([], tmp_path, tmp_path / "notes", {"PATH": os.defpath}) as opened:
        yield opened


def block(text: str, *remarks: tuple[str, str]) -> Block:
    return Block("page.md", 1, "sh", text, remarks)


def test_blocks_share_a_terminal(reader: Reader, tmp_path: Path) -> None:
    reader.run(block("mkdir folder && cd folder\nname=value\n"))
    assert reader.run(block("pwd\necho $name\n")) == f"{tmp_path}/folder\nvalue\n"


@pytest.mark.parametrize("failing", ["false\ntrue\n", "false | true\n", "no-such-command\n"])
def test_a_command_that_fails_is_reported(reader: Reader, failing: str) -> None:
    with pytest.raises(PageError, match=r"page\.md:1 failed"):
        reader.run(block(failing))


def test_other_output_is_reported(reader: Reader) -> None:
    assert reader.run(block("echo 200\n", ("prints", "200"))) == "200\n"
    with pytest.raises(PageError, match="does not print '200'"):
        reader.run(block("echo 403\n", ("prints", "200")))


def test_a_terminal_of_its_own_ends_by_ctrl_c(reader: Reader, tmp_path: Path) -> None:
    running = block("trap 'echo > ended' EXIT\necho up\nsleep 600\n", ("own terminal", "up"))
    assert reader.run(running) == "up\n"
    assert reader.run(block("ls\n")) == "notes\n"
    reader.end_what_runs()
    assert (tmp_path / "ended").exists()


def test_a_program_that_ends_before_it_is_ready_is_reported(reader: Reader) -> None:
    with pytest.raises(PageError, match="failed"):
        reader.run(block("echo down\nexit 1\n", ("own terminal", "up")))


_READS = """
import os, sys
from pathlib import Path
from tests.support.documents.blocks import Block
from tests.support.documents.reader import Reader

folder = Path(sys.argv[1])
reader = Reader([], folder, folder / "notes", {"PATH": os.defpath})
block = "exec 9>open; echo up | tee /dev/fd/9; sleep 60; echo outlived >&9\\n"
reader.run(Block("page.md", 1, "sh", block, [("own terminal", "up")]))
os.kill(os.getpid(), 9)
"""


def test_nothing_outlives_a_killed_test_process(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "open")
    with subprocess.Popen([sys.executable, "-c", _READS, str(tmp_path)], cwd=ROOT) as killed:
        # The end of the file: what the terminal runs has ended.
        assert (tmp_path / "open").read_text() == "up\n"
    assert killed.returncode == -signal.SIGKILL

"""Lines of the log."""

from __future__ import annotations

import os

import pytest

from broker.telemetry import NamedLogger


def test_a_line_that_cannot_be_written_fails_nobody() -> None:
    nobody_reads, write = os.pipe()
    os.close(nobody_reads)
    try:
        with pytest.raises(BrokenPipeError):
            os.write(write, b"x")
        NamedLogger("test", write).info("lost")
    finally:
        os.close(write)


def test_lines_are_whole_whatever_is_in_them() -> None:
    read, write = os.pipe()
    NamedLogger("test", write).info("a lone surrogate: \ud800")
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        assert lines.read() == b"a lone surrogate: \\ud800\n"

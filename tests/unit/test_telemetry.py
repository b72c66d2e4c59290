"""Lines of the log."""

from __future__ import annotations

import os
import sys

import pytest

from broker.telemetry import NamedLogger


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_line_that_cannot_be_written_fails_nobody() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space"):
            os.write(descriptor, b"x")
        NamedLogger("test", descriptor).info("lost")
    finally:
        os.close(descriptor)


def test_lines_are_whole_whatever_is_in_them() -> None:
    read, write = os.pipe()
    NamedLogger("test", write).info("a lone surrogate: \ud800")
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        assert lines.read() == b"a lone surrogate: \\ud800\n"

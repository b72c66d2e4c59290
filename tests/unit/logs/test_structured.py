"""Lines of the log."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from broker.logs.structured import (
    NamedLogger,
    _as_json,
    add_to_subject,
    begin_subject,
    complete_line,
    lines_together,
)
from broker.oauth.clients.secrets import PresentedSecret


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


def test_a_line_shows_no_members_of_what_is_logged_by_mistake() -> None:
    """JSON encoders write the fields of a dataclass; its own words say less."""
    presented = PresentedSecret("sb-app!t1", "geheim")
    for mistake in (presented, [presented], {"presented": presented}):
        line = _as_json(None, "info", {"event": "e", "mistake": mistake})
        assert json.loads(line)["event"] == "e"
        assert "PresentedSecret" in line
        assert "geheim" not in line


def test_lines_of_a_group_are_written_in_few_whole_pieces() -> None:
    """No piece is longer than what a pipe takes at once: other processes write to it as well."""
    pieces: list[bytes] = []
    logger, line = NamedLogger("test", 7), "x" * (select.PIPE_BUF // 3)

    def written(_: int, data: bytes) -> int:
        pieces.append(data)
        return len(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", written)
        with lines_together():
            for _ in range(5):
                logger.info(line)
            assert pieces == []
        logger.info("alone")
    whole = f"{line}\n".encode()
    assert pieces == [whole * 2, whole * 2, whole, b"alone\n"]


def test_lines_of_a_group_survive_its_failure() -> None:
    read, write = os.pipe()

    def fail() -> None:
        with lines_together():
            NamedLogger("test", write).info("before")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        assert lines.read() == b"before\n"


def test_a_line_names_its_subject_and_nobody_elses() -> None:
    def lines_of(number: int) -> dict[str, object]:
        begin_subject(correlation_id=f"c{number}")
        add_to_subject(client_id=f"sb-{number}")
        add_to_subject(client_id=f"sb-{number}\n")
        return dict(complete_line(NamedLogger("here", 1), "info", {"event": "e"}))

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lines_of, (1, 2))
    assert first["correlation_id"] == "c1"
    assert second["correlation_id"] == "c2"
    assert second["client_id"] == "sb-2?"
    assert (first["level"], first["logger"]) == ("info", "here")


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_show_no_values(*, as_json: bool) -> None:
    """Values of variables are secrets often; structlog shows them where rich is installed."""
    script = (
        "import structlog\n"
        "from broker.logs.structured import configure_logging\n"
        f"configure_logging('info', as_json={as_json})\n"
        "secret = chr(103) + 'eheim'\n"
        "try:\n"
        "    1 / 0\n"
        "except ZeroDivisionError:\n"
        "    structlog.get_logger('test').exception('failed')\n"
    )
    assert find_spec("rich"), "without it there is nothing to be seen"
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "ZeroDivisionError" in finished.stdout
    assert "geheim" not in finished.stdout

"""The format of log lines."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
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


def test_a_failed_write_raises_no_error() -> None:
    reader, write = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(BrokenPipeError):
            os.write(write, b"x")
        NamedLogger("test", write).info("lost")
    finally:
        os.close(write)


def test_every_line_is_one_json_object() -> None:
    read, write = os.pipe()
    NamedLogger("test", write).info("a lone surrogate: \ud800")
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        assert lines.read() == b"a lone surrogate: \\ud800\n"


def test_objects_are_logged_by_their_repr_only() -> None:
    """A JSON encoder would write all fields of a dataclass; its repr may hide some."""
    presented = PresentedSecret("sb-app!t1", "geheim")
    for mistake in (presented, [presented], {"presented": presented}):
        line = _as_json(None, "info", {"event": "e", "mistake": mistake})
        assert json.loads(line)["event"] == "e"
        assert "PresentedSecret" in line
        assert "geheim" not in line


class Word(StrEnum):
    """A text of a separate type."""

    ONE = "one"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"event": "e", "n": 1}, '{"event":"e","n":1}'),
        ({"event": "é\u2028\x85\x9b"}, r'{"event":"\u00e9\u2028\u0085\u009b"}'),
        ({"a": ["\x85"]}, r'{"a":["\u0085"]}'),
        ({"a": [1, (None, True)], "b": {2: "x"}}, '{"a":[1,[null,true]],"b":{"2":"x"}}'),
        ({"word": Word.ONE, "time": datetime(2030, 1, 1, tzinfo=UTC)}, None),
    ],
)
def test_every_line_has_one_form_of_json(members: dict[str, object], expected: str | None) -> None:
    line = _as_json(None, "info", members)
    assert line == expected or json.loads(line) == {
        "word": "one",
        "time": "datetime.datetime(2030, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
    }


def test_grouped_lines_are_written_in_few_whole_writes() -> None:
    """No write exceeds PIPE_BUF, because other processes write to the same pipe."""
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


def test_grouped_lines_are_written_after_an_error() -> None:
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


def test_a_line_has_its_own_subject_only() -> None:
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
    """Local variables may be secrets; structlog prints them if rich is installed."""
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

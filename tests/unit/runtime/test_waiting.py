"""Lines about work that takes long."""

from __future__ import annotations

import threading

import pytest

from broker.runtime import waiting as module
from broker.runtime.waiting import waiting

PATIENCE_SECONDS = 60


class Printed:
    """A stream that remembers its lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._changed = threading.Condition()

    def write(self, text: str) -> None:
        if text.strip():
            with self._changed:
                self._lines.append(text)
                self._changed.notify()

    def flush(self) -> None:
        """Nothing is kept back."""

    def lines(self, count: int) -> list[str]:
        """Wait for that many lines and return all."""
        with self._changed:
            found = self._changed.wait_for(lambda: len(self._lines) >= count, PATIENCE_SECONDS)
            assert found, self._lines
            return list(self._lines)


def test_long_work_is_reported_with_its_steps_and_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Not in a fixture: pytest captures stderr anew for the call.
    printed = Printed()
    monkeypatch.setattr("sys.stderr", printed)
    lines = printed.lines
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(module, "_REPEATED_SECONDS", PATIENCE_SECONDS)
    with waiting("Counting values") as step:
        assert lines(1) == ["Counting values …"]
        step("Deleting keys")
        assert lines(2) == ["Counting values …", "Deleting keys …"]
    # Repeated with the time that has passed.
    monkeypatch.setattr(module, "_REPEATED_SECONDS", 0.01)
    with waiting("Counting again"):
        repeated = lines(5)
    assert repeated[2] == "Counting again …"
    assert repeated[3].startswith("Counting again … (")
    assert repeated[3].endswith(" s)")


def test_fast_work_prints_nothing_and_waits_for_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENT_SECONDS", 3600.0)
    with waiting("Counting values") as step:
        step("Deleting keys")
    with pytest.raises(KeyError), waiting("Failing"):
        raise KeyError
    assert capsys.readouterr().err == ""
    assert [each for each in threading.enumerate() if each.name == "waiting"] == []

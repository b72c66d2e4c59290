"""Background tasks go on, whatever becomes of one round."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

from broker.server.housekeeping import run_for_ever

from broker.server import housekeeping

if TYPE_CHECKING:
    import pytest


def test_a_task_that_fails_keeps_neither_others_nor_later_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    ended = threading.Event()

    def fail() -> None:
        done.append("failing")
        raise KeyError

    def pause(seconds: float) -> None:
        done.append(seconds)
        if done.count(seconds) == 2:
            ended.set()
            threading.Event().wait()  # a third round is not of interest

    monkeypatch.setattr(housekeeping, "time", SimpleNamespace(sleep=pause))
    run_for_ever([fail, lambda: done.append("working")], 7.0)
    ended.wait()
    assert done == ["failing", "working", 7.0] * 2

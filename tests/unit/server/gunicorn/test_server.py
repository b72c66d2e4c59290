"""gunicorn's options: its sockets, and workers that have numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from broker.server.gunicorn.server import GunicornServer

if TYPE_CHECKING:
    from broker.settings.model import Settings


@dataclass
class Worker:
    number: int = -1


@dataclass
class Arbiter:
    """Workers by process id."""

    WORKERS: dict[int, Worker] = field(default_factory=dict)


def test_it_serves_on_the_supervisor_s_sockets(settings: Settings) -> None:
    config = GunicornServer(settings).cfg
    assert config.workers == 3
    assert config.bind == ["fd://7", "fd://8", "fd://9"]
    assert config.worker_class_str == "broker.server.gunicorn.worker.EventWorker"


def test_variables_and_files_configure_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers 9")
    (tmp_path / "gunicorn.conf.py").write_text("workers = 9\n")
    assert GunicornServer(settings).cfg.workers == 3


def test_a_new_worker_gets_the_first_number_that_is_free(settings: Settings) -> None:
    server = GunicornServer(settings)
    arbiter = Arbiter()
    for process, number in ((101, 0), (102, 1), (103, 2)):
        worker = Worker()
        server.cfg.pre_fork(arbiter, worker)
        arbiter.WORKERS[process] = worker
        assert worker.number == number
    del arbiter.WORKERS[102]
    replacement = Worker()
    server.cfg.pre_fork(arbiter, replacement)
    assert replacement.number == 1

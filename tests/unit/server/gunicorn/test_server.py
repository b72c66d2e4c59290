"""gunicorn's options: clients cannot forge proxy headers, and workers have numbers (D-33)."""

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


def test_clients_cannot_forge_proxy_headers(settings: Settings) -> None:
    config = GunicornServer(settings).cfg
    assert config.forwarded_allow_ips == []
    assert config.forwarder_headers == []
    assert config.header_map == "drop"


def test_it_serves_on_the_supervisor_s_socket_with_threads_for_those_that_wait(
    settings: Settings,
) -> None:
    config = GunicornServer(settings).cfg
    assert (config.workers, config.threads) == (3, 4 + settings.waiting_threads)
    assert config.bind == ["fd://7"]
    assert config.worker_class_str == "broker.server.gunicorn.worker.HardenedWorker"


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

"""A listener in a forked process: its server, descriptors and variables."""

from __future__ import annotations

import os
import signal
import sys
from types import ModuleType
from typing import Any

import pytest

from broker.server import listeners
from broker.server.listeners import run


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Recorded changes to this process, in order."""
    steps: list[Any] = []
    monkeypatch.setattr(os, "setsid", lambda: steps.append("setsid"))
    monkeypatch.setattr(os, "close", lambda number: steps.append(("close", number)))
    monkeypatch.setattr(signal, "signal", lambda *what: steps.append(("signal", *what)))
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *what: steps.append(what))
    monkeypatch.setattr(listeners, "watch_log_files", lambda: steps.append("watch log files"))
    monkeypatch.setattr(
        listeners, "exit_with_parent", lambda parent: steps.append(("with", parent))
    )
    monkeypatch.setattr(os, "environ", {})
    for name in ("gunicorn.plain_listener", "gunicorn.tls_listener"):
        module: Any = ModuleType(name)
        module.listen = lambda name=name: steps.append(("listen", name, os.environ["A"]))
        monkeypatch.setitem(sys.modules, f"broker.server.{name}", module)
    return steps


@pytest.mark.parametrize(
    ("server", "module"),
    [
        ("http", "gunicorn.plain_listener"),
        ("tls", "gunicorn.tls_listener"),
    ],
)
def test_each_name_runs_its_server_in_a_session_of_its_own(
    done: list[Any], server: str, module: str
) -> None:
    run(server, 7, {"A": "1"}, [11, 12])
    assert done == [
        "setsid",
        ("signal", signal.SIGTERM, signal.SIG_DFL),
        ("signal", signal.SIGINT, signal.SIG_DFL),
        (signal.SIG_BLOCK, {signal.SIGHUP}),
        ("close", 11),
        ("close", 12),
        ("with", 7),
        "watch log files",
        ("listen", module, "1"),
    ]

"""Cold start of a server of one worker, beside the bare import of the packages that it uses."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.measured_server import production_server
from benchmarks.report import Table
from tests.support.server import ROOT

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from tests.support.server import Server

SERVER, IMPORT = "server, until it is ready", "bare import"
TO_IMPORT = "÷ import"

_START_SECONDS = 60.0
_POLL_SECONDS = 0.002
_ENTRANCES = "import broker.cli, broker.server.supervisor, broker.server.gunicorn.plain_listener"
_LISTING = f"""
import sys
{_ENTRANCES}
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("broker.")))
"""


def measure(bench: Bench) -> Table:
    """Start both in turn, from files that the system has in memory."""
    url = bench.databases.empty("sqlite", "start")
    server = production_server(bench, "start", url)
    server.command("db", "upgrade")
    program = _third_party()
    took: dict[str, list[float]] = {SERVER: [], IMPORT: []}
    _until_ready(server)  # creates the keys of a new database
    for number in bench.rounds():
        bench.wait_until_idle()
        before = _run(program)
        ready = _until_ready(server)
        imported = (before + _run(program)) / 2
        took[SERVER].append(ready)
        took[IMPORT].append(imported)
        bench.say(
            f"Round {number} of {bench.effort.rounds}, start: {ready:.2f} s, bare import"
            f" {imported:.2f} s"
        )
    ratio = median(
        ready / imported for ready, imported in zip(took[SERVER], took[IMPORT], strict=True)
    )
    return Table(
        "Start of one worker",
        {
            SERVER: {"seconds": median(took[SERVER]), TO_IMPORT: ratio},
            IMPORT: {"seconds": median(took[IMPORT])},
        },
    )


def _third_party() -> str:
    """Return the imports of third-party packages in all modules of a server of one worker.

    They are read from the source, to include late imports inside functions.
    """
    finished = subprocess.run(
        [sys.executable, "-c", _LISTING], cwd=ROOT, text=True, capture_output=True, check=True
    )
    found = _Imports()
    for file in finished.stdout.split():
        found.visit(ast.parse(Path(file).read_text()))
    return "\n".join(sorted(found.statements))


class _Imports(ast.NodeVisitor):
    """Collects import statements except those for the type checker."""

    def __init__(self) -> None:
        self.statements: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(name.name, f"import {name.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._add(node.module or "", ast.unparse(node))

    def _add(self, module: str, statement: str) -> None:
        if module.partition(".")[0] not in {"broker", *sys.stdlib_module_names}:
            self.statements.add(statement)


def _run(program: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return time.perf_counter() - began


def _until_ready(server: Server) -> float:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "serve"],
        cwd=server.directory,
        env=server.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _is_ready(server):
            if process.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                raise RuntimeError("the server did not start")
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _is_ready(server: Server) -> bool:
    with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=5):
        return True
    return False

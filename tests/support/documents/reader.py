"""A person who pastes the blocks of a page into terminals."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tests.support.documents.blocks import OWN_TERMINAL, PRINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.support.documents.blocks import Block

_PATIENCE_SECONDS = 600.0
_POLL_SECONDS = 0.02

# Kills what runs in a terminal as soon as its own standard input closes: the kernel closes the
# other end with the test process, however that one dies.
_GUARD = 'cat >/dev/null; kill -s KILL -- "-$1"'


class PageError(AssertionError):
    """A block did not do what the page says."""


class Terminal:
    """A bash that runs one block after the other, and ends at the first command that fails."""

    def __init__(
        self, prefix: Sequence[str], directory: Path, environment: Mapping[str, str], notes: Path
    ) -> None:
        """``notes`` is a new directory for blocks and their output."""
        notes.mkdir(parents=True)
        self._notes = notes
        self._count = 0
        with (notes / "elsewhere").open("wb") as elsewhere:
            self._bash = subprocess.Popen(
                [*prefix, "bash", "--noprofile", "--norc"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=elsewhere,
                stderr=elsewhere,
                start_new_session=True,
                text=True,
            )
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD, "guard", str(self._bash.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._type(f"set -e -o pipefail; cd {shlex.quote(str(directory))}")

    def paste(self, block: Block) -> str:
        """Run a block to its end; return what it printed, else raise PageError."""
        output, status = self._begin(block)
        self._await(block, output, status.exists)
        return output.read_text()

    def keep_running(self, block: Block, ready: str) -> str:
        """Run a block that does not end until it has printed ``ready``; else raise PageError."""
        output, _ = self._begin(block)
        self._await(block, output, lambda: output.exists() and ready in output.read_text())
        return output.read_text()

    def close(self) -> None:
        """End what runs by Ctrl-C."""
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGINT)
        with suppress(BrokenPipeError):
            self._bash.communicate(timeout=_PATIENCE_SECONDS)
        self._guard.kill()
        self._guard.communicate()

    def _begin(self, block: Block) -> tuple[Path, Path]:
        self._count += 1
        source, output, status = (
            self._notes / f"{self._count}.{name}" for name in ("sh", "output", "status")
        )
        source.write_text(block.text)
        self._type(f". {source} </dev/null >{output} 2>&1\n: >{status}")
        return output, status

    def _type(self, line: str) -> None:
        assert self._bash.stdin
        self._bash.stdin.write(f"{line}\n")
        self._bash.stdin.flush()

    def _await(self, block: Block, output: Path, is_done: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while not is_done():
            if self._bash.poll() is not None or time.monotonic() > give_up:
                printed = output.read_text() if output.exists() else "nothing"
                raise PageError(f"{block} failed:\n{block.text}It printed:\n{printed}")
            time.sleep(_POLL_SECONDS)


class Reader:
    """Has terminals in one network; a context manager that closes all of them."""

    def __init__(
        self,
        prefix: Sequence[str],
        directory: Path,
        notes: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Start each terminal in ``directory``, with no other variables."""
        self._prefix, self._directory, self._notes = prefix, directory, notes
        self._environment = environment
        self._opened = 0
        self._main = self._open()
        self._others: list[Terminal] = []

    def __enter__(self) -> Self:
        """Begin to read."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all terminals."""
        self.end_what_runs()
        self._main.close()

    def run(self, block: Block) -> str:
        """Run a block and return what it printed; raise PageError if it does not do as said."""
        if ready := "".join(block.said(OWN_TERMINAL)):
            self._others.append(self._open())
            printed = self._others[-1].keep_running(block, ready)
        else:
            printed = self._main.paste(block)
        for text in block.said(PRINTS):
            if text not in printed:
                raise PageError(f"{block} does not print {text!r}:\n{printed}")
        return printed

    def end_what_runs(self) -> None:
        """End what runs in terminals of its own, the last one first."""
        while self._others:
            self._others.pop().close()

    def _open(self) -> Terminal:
        self._opened += 1
        notes = self._notes / f"terminal-{self._opened}"
        return Terminal(self._prefix, self._directory, self._environment, notes)

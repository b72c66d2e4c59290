"""Shared parts of all measurements: effort, directory, load generator and bound."""

from __future__ import annotations

import resource
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import psutil

from benchmarks.cores import all_cores, client_core
from benchmarks.databases import Databases
from benchmarks.load import Load
from benchmarks.measured import Measured, cpu_seconds
from benchmarks.quiet import wait_until_idle
from benchmarks.samples import Sample
from benchmarks.signing import Signers
from benchmarks.wrk import LoadGenerator, wrk_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Effort:
    """Duration and number of measurements; times in seconds."""

    rounds: int
    load_seconds: int
    bound_seconds: float
    commit_seconds: float
    operation_seconds: float
    refusal_seconds: float
    patience: float
    """Total time in seconds to wait for idle moments."""
    bindings: int
    max_bindings: int
    tokens_for_memory: int


class Bench:
    """The shared objects of measurements; each is created on first use."""

    def __init__(self, effort: Effort, directory: Path, stack: ExitStack) -> None:
        """Work below the directory; started processes end with the stack."""
        self.effort = effort
        self.directory = directory
        self.stack = stack
        self.databases = Databases(directory, stack, self.say)
        self._began = time.monotonic()
        self._patience = effort.patience

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._began:4.0f} s] {text}", flush=True)

    def rounds(self) -> Iterator[int]:
        """Yield the number of each round, from 1."""
        yield from range(1, self.effort.rounds + 1)

    def say_sample(self, number: int, what: str, sample: Sample) -> None:
        """Print what came of one load."""
        self.say(
            f"Round {number} of {self.effort.rounds}, {what}: {sample.load.rate:,.0f}/s,"
            f" bound {sample.bound:,.0f}/s, ratio {sample.ratio:.2f}, by CPU time"
            f" {sample.cpu_ratio:.2f}"
        )

    @cached_property
    def load(self) -> LoadGenerator:
        """The load generator, on its core."""
        return LoadGenerator(wrk_program(self.directory / "programs"), client_core())

    @cached_property
    def signers(self) -> Signers:
        """Processes that measure the bound."""
        return self.stack.enter_context(Signers(all_cores()))

    def wait_until_idle(self) -> None:
        """Wait for an idle moment; less and less, so that a busy machine is measured as well."""
        began = time.monotonic()
        wait_until_idle(min(self._patience, _LONGEST_WAIT))
        self._patience = max(0.0, self._patience - (time.monotonic() - began))

    def warm_up(self, what: Measured, requests: Path) -> None:
        """Have a server load and cache whatever it does on first use."""
        self.ask(what, requests, answers=1)

    def ask(self, what: Measured, requests: Path, *, answers: int, step_seconds: int = 1) -> int:
        """Send requests until at least so many are answered; return how many were."""
        answered = 0
        while answered < answers:
            load = self.load.run(what.url, requests, connections=16, seconds=step_seconds)
            answered += load.requests
        return answered

    def sample(
        self,
        what: Measured,
        requests: Path,
        *,
        connections: int = 16,
        refused: bool = False,
    ) -> Sample:
        """Measure a load once; arguments as of ``LoadGenerator.run``."""
        return self.sample_of(
            what,
            lambda: self.load.run(
                what.url,
                requests,
                connections=connections,
                seconds=self.effort.load_seconds,
                refused=refused,
            ),
        )

    def sample_of(self, what: Measured, run: Callable[[], Load]) -> Sample:
        """Measure a load, and the bound right before and after it."""
        self.wait_until_idle()
        seconds = self.effort.bound_seconds
        before = self.signers.measure(what.cores, seconds)
        began, used, clients, busy = time.monotonic(), cpu_seconds(what), _clients(), _busy()
        load = run()
        used, clients, busy = cpu_seconds(what) - used, _clients() - clients, _busy() - busy
        took = time.monotonic() - began
        after = self.signers.measure(what.cores, seconds)
        return Sample(
            load,
            cpu=used / load.requests * 1e6,
            before=before,
            after=after,
            others=max(0.0, (busy - used - clients) / took),
        )


def _clients() -> float:
    """Return the CPU time of all processes that were started and have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _busy() -> float:
    """Return the CPU time of everything on this machine, and what its host took away."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)

"""What all measurements share: their length, a directory, load generator, bound and databases."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cores import all_cores, client_core
from benchmarks.http_requests import token_request, write_requests
from benchmarks.measured_server import cpu_seconds
from benchmarks.population import Known, populate
from benchmarks.signing import Signers
from benchmarks.wrk import Load, LoadGenerator, wrk_program
from broker.state import new_master_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.cores import Cores
    from benchmarks.signing import Signatures


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often is measured; times in seconds."""

    rounds: int
    load_seconds: int
    bound_seconds: float
    bindings: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A server under load: its cores, and the processes that it is with all below them."""

    url: str
    cores: Cores
    pids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sample:
    """One load, with the bound measured just before and just after it on the same cores."""

    load: Load
    cpu: float
    """CPU time of all processes of the server for one answer, in microseconds."""
    before: Signatures
    after: Signatures

    @property
    def bound(self) -> float:
        """Signatures per second."""
        return (self.before.rate + self.after.rate) / 2

    @property
    def bound_cpu(self) -> float:
        """CPU time of a signature in microseconds."""
        return (self.before.cpu + self.after.cpu) / 2


@dataclass(frozen=True, slots=True)
class Populated:
    """A database with bindings, and requests for tokens with some of their secrets."""

    database: Path
    known: Sequence[Known]
    token_requests: Path


class Bench:
    """The things that measurements share; each is made when it is first needed."""

    def __init__(self, effort: Effort, directory: Path, stack: ExitStack) -> None:
        """Work below the directory; whatever is started ends with the stack."""
        self.effort = effort
        self.directory = directory
        self.stack = stack
        self.master_keys = new_master_key()
        self._began = time.monotonic()
        self._populated: dict[int, Populated] = {}

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._began:4.0f} s] {text}", flush=True)

    def say_sample(self, what: str, number: int, sample: Sample) -> None:
        """Print what came of one load."""
        ratio, share = sample.load.rate / sample.bound, sample.bound_cpu / sample.cpu
        self.say(
            f"Round {number + 1} of {self.effort.rounds}, {what}: {sample.load.rate:,.0f}/s,"
            f" bound {sample.bound:,.0f}/s, ratio {ratio:.2f}, by CPU time {share:.2f}"
        )

    @cached_property
    def load(self) -> LoadGenerator:
        """The load generator, on its core."""
        return LoadGenerator(wrk_program(self.directory / "programs"), client_core())

    @cached_property
    def signers(self) -> Signers:
        """Processes that measure the bound."""
        return self.stack.enter_context(Signers(all_cores()))

    def populated(self, bindings: int) -> Populated:
        """Return an SQLite database with so many bindings, which nobody may open."""
        if bindings not in self._populated:
            self.say(f"Making a database with {bindings:,} bindings")
            database = self.directory / f"{bindings}.db"
            known = populate(f"sqlite:///{database}", self.master_keys, bindings)
            requests = self.directory / f"{bindings}.requests"
            write_requests(requests, [token_request(each.client_id, each.secret) for each in known])
            self._populated[bindings] = Populated(database, known, requests)
        return self._populated[bindings]

    def sqlite_copy(self, populated: Populated, name: str) -> str:
        """Return the URL of a copy for a server of its own."""
        copy = self.directory / f"{name}.db"
        shutil.copy(populated.database, copy)
        return f"sqlite:///{copy}"

    def sample(
        self,
        what: Measured,
        requests: Path,
        *,
        connections: int = 16,
        refused: bool = False,
    ) -> Sample:
        """Measure once; arguments as of ``LoadGenerator.run``."""
        seconds = self.effort.bound_seconds
        before = self.signers.measure(what.cores, seconds)
        used = cpu_seconds(*what.pids)
        load = self.load.run(
            what.url,
            requests,
            connections=connections,
            seconds=self.effort.load_seconds,
            refused=refused,
        )
        used = cpu_seconds(*what.pids) - used
        after = self.signers.measure(what.cores, seconds)
        return Sample(load, used / load.requests * 1e6, before, after)


def figures(samples: Sequence[Sample], unit: str = "tokens") -> dict[str, float]:
    """Return the medians of several rounds; ratios are those of each round."""

    def middle(figure: Callable[[Sample], float]) -> float:
        return median(figure(sample) for sample in samples)

    return {
        f"{unit}/s": middle(lambda sample: sample.load.rate),
        "p50 ms": middle(lambda sample: sample.load.p50),
        "p99 ms": middle(lambda sample: sample.load.p99),
        "bound/s": middle(lambda sample: sample.bound),
        "÷ bound": middle(lambda sample: sample.load.rate / sample.bound),
        "CPU µs": middle(lambda sample: sample.cpu),
        "signature CPU µs": middle(lambda sample: sample.bound_cpu),
        "signature ÷ CPU": middle(lambda sample: sample.bound_cpu / sample.cpu),
        "p99 ÷ p50": middle(lambda sample: sample.load.p99 / sample.load.p50),
    }

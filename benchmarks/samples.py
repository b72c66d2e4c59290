"""The result of one load, and of several rounds together."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.load import Load
    from benchmarks.signing import Signatures

RATIO = "÷ bound"
P99_TO_P50 = "p99 ÷ p50"
CPU_RATIO = "signature ÷ CPU"


@dataclass(frozen=True, slots=True)
class Sample:
    """One load, with the bound measured just before and just after it on the same cores."""

    load: Load
    cpu: float
    """CPU time of all processes of the server for one response, in microseconds."""
    before: Signatures
    after: Signatures
    others: float
    """Idle CPUs beside server and load generator, including kernel work."""

    @property
    def bound(self) -> float:
        """Signatures per second."""
        return (self.before.rate + self.after.rate) / 2

    @property
    def signature_cpu(self) -> float:
        """CPU time of a signature in microseconds."""
        return (self.before.cpu + self.after.cpu) / 2

    @property
    def ratio(self) -> float:
        """Responses per second ÷ signatures per second."""
        return self.load.rate / self.bound

    @property
    def cpu_ratio(self) -> float:
        """CPU time of a signature ÷ CPU time of a response, hardly affected by neighbours."""
        return self.signature_cpu / self.cpu


def figures(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the medians of several rounds; ratios are those of each round."""

    def middle(figure: Callable[[Sample], float]) -> float:
        return median(figure(sample) for sample in samples)

    return {
        "per second": middle(lambda sample: sample.load.rate),
        "bound": middle(lambda sample: sample.bound),
        RATIO: middle(lambda sample: sample.ratio),
        "best ÷": max(sample.ratio for sample in samples),
        "p50 ms": middle(lambda sample: sample.load.p50),
        "p99 ms": middle(lambda sample: sample.load.p99),
        P99_TO_P50: middle(lambda sample: sample.load.p99 / sample.load.p50),
        "CPU µs": middle(lambda sample: sample.cpu),
        "signature µs": middle(lambda sample: sample.signature_cpu),
        "overhead µs": middle(lambda sample: sample.cpu - sample.signature_cpu),
        CPU_RATIO: middle(lambda sample: sample.cpu_ratio),
        "other CPUs": middle(lambda sample: sample.others),
    }

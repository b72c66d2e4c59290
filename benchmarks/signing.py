"""The bound of token issuance: RSA-2048 signatures per second of the same cores."""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.cores import Cores

_MESSAGE = b"x" * 900
"""As long as the signed part of a token."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signatures per second of all cores together, and the CPU time of one in microseconds."""

    rate: float
    cpu: float


class Signers:
    """One process per core that signs when asked; a context manager."""

    def __init__(self, cores: Cores) -> None:
        """Nothing is started yet."""
        self._cores = cores

    def __enter__(self) -> Self:
        """Start the processes and have each generate its key."""
        with ExitStack() as stack:
            self._pools = {core: stack.enter_context(_one_process(core)) for core in self._cores}
            self._stack = stack.pop_all()
        self.measure(self._cores, 0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the processes."""
        self._stack.close()

    def measure(self, cores: Cores, seconds: float) -> Signatures:
        """Sign on each of these cores for this time."""
        running = [self._pools[core].submit(_sign, seconds) for core in cores]
        results = [each.result() for each in running]
        return Signatures(
            rate=sum(number / took for number, took, _ in results),
            cpu=sum(cpu for *_, cpu in results) / sum(number for number, *_ in results) * 1e6,
        )


def _one_process(core: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, context, initializer=_prepare, initargs=(core,))


_keys: list[rsa.RSAPrivateKey] = []


def _prepare(core: int) -> None:
    os.sched_setaffinity(0, {core})
    _keys.append(rsa.generate_private_key(65_537, 2048))


def _sign(seconds: float) -> tuple[int, float, float]:
    """Return the number of signatures, the time that passed and the CPU time, in seconds."""
    key, scheme, digest = _keys[0], padding.PKCS1v15(), hashes.SHA256()
    number, cpu, began = 0, time.process_time(), time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        key.sign(_MESSAGE, scheme, digest)
        number += 1
    return number, took, time.process_time() - cpu

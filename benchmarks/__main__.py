"""Measures a server of its own: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import Bench, Effort
from benchmarks.parts import tokens
from benchmarks.processor import IFMA_VARIABLE, WITHOUT_IFMA
from benchmarks.report import Table, markdown

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: dict[str, Callable[[Bench], Table]] = {
    "tokens": tokens.measure,
}

FULL = Effort(rounds=5, load_seconds=3, bound_seconds=1.0, bindings=100_000)
QUICK = Effort(rounds=3, load_seconds=1, bound_seconds=0.3, bindings=10_000)


def main() -> None:
    """Measure what was asked for and print it."""
    options = _options()
    if options.without_ifma:
        # OpenSSL's own switch; every process that is started from here on inherits it.
        os.environ[IFMA_VARIABLE] = WITHOUT_IFMA
    effort = QUICK if options.quick else FULL
    if options.rounds:
        effort = replace(effort, rounds=options.rounds)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        bench = Bench(effort, directory, stack)
        tables = [PARTS[name](bench) for name in options.only or PARTS]
    for table in tables:
        print(f"\n{markdown(table)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, smaller, less exact")
    parser.add_argument(
        "--only", action="append", choices=sorted(PARTS), metavar="NAME", help=", ".join(PARTS)
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each measurement")
    parser.add_argument(
        "--without-ifma",
        action="store_true",
        help="sign without the AVX-512 instructions that few processors have",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Runs the benchmarks against servers that it starts; docs/performance.md describes them."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import comparison, report, versions
from benchmarks.bench import Bench, Effort
from benchmarks.debian import ProgramMissingError
from benchmarks.load import MeasurementSpoiledError
from benchmarks.machine import facts
from benchmarks.oidc_provider import PeerNotStartedError
from benchmarks.parts import (
    against,
    against_operations,
    bounds,
    certificates,
    console,
    endpoints,
    growth,
    handshakes,
    lists,
    logins,
    operations,
    passwords,
    provisioning,
    refusal_times,
    revocations,
    rights,
    starting,
    tokens,
    trips,
    two_cores,
    user_grants,
    using_memory,
)
from benchmarks.processor import IFMA_VARIABLE, WITHOUT_IFMA
from benchmarks.report import Table, markdown
from benchmarks.targets import judged, markdown_of_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS: dict[str, Callable[[Bench], Table]] = {
    "bounds": bounds.measure,
    "tokens": tokens.measure,
    "two-cores": two_cores.measure,
    "endpoints": endpoints.measure,
    "user-grants": user_grants.measure,
    "certificates": certificates.measure,
    "handshakes": handshakes.measure,
    "growth": growth.measure,
    "operations-sqlite": operations.on_sqlite,
    "operations-postgres": operations.on_postgres,
    "provisioning": provisioning.measure,
    "trips": trips.measure,
    "revocations": revocations.measure,
    "memory": using_memory.measure,
    "start": starting.measure,
    "refusal-times": refusal_times.measure,
    "rights": rights.measure,
    "lists": lists.measure,
    "passwords": passwords.measure,
    "logins": logins.measure,
    "console": console.measure,
}

FULL = Effort(
    rounds=5,
    load_seconds=3,
    bound_seconds=0.5,
    commit_seconds=0.3,
    operation_seconds=0.6,
    refusal_seconds=12.0,
    patience=90.0,
    bindings=100_000,
    max_bindings=1_000_000,
    tokens_for_memory=100_000,
)
QUICK = Effort(
    rounds=3,
    load_seconds=1,
    bound_seconds=0.3,
    commit_seconds=0.1,
    operation_seconds=0.3,
    refusal_seconds=4.0,
    patience=10.0,
    bindings=10_000,
    max_bindings=100_000,
    tokens_for_memory=10_000,
)
_LONG_TOKENS = 1_000_000
_NOTHING_MEASURED = 2
"""The exit status of a failed comparison; 1 means a missed bound."""

_SPOILT = (MeasurementSpoiledError, PeerNotStartedError, ProgramMissingError)


def main() -> int:
    """Run the requested measurements, print the results and return the exit status."""
    options = _options()
    # On SIGTERM, exit cleanly, so that servers are stopped and databases deleted.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if options.without_ifma:
        # OpenSSL's own variable, inherited by all processes started from here on.
        os.environ[IFMA_VARIABLE] = WITHOUT_IFMA
    effort = _effort(options)
    tables: dict[str, Table] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        machine = facts(directory)
        bench = Bench(effort, directory, stack)
        if options.against:
            return _compare(bench, options, machine)
        requested = options.only or list(PARTS)
        for name in requested:
            try:
                tables[name] = PARTS[name](bench)
            except _SPOILT as error:
                bench.say(f"Part {name} failed: {error}")
            else:
                print(f"\n{markdown(tables[name])}", flush=True)
        bench.say("Done")
    verdicts = list(judged(tables, effort.max_bindings))
    heads = [report.markdown_of_facts(machine), markdown_of_targets(verdicts)]
    print("\n" + "\n".join(heads))
    if len(tables) < len(requested):
        return 1
    if options.write:
        report.write([*heads, *map(markdown, tables.values())], machine, tables, verdicts)
    return 0


def _compare(bench: Bench, options: argparse.Namespace, machine: Mapping[str, str]) -> int:
    """Compare the server of the working tree with that of the commit; return the exit status."""
    trees = versions.trees(options.against, bench.directory / "versions")
    title = f"New: the working tree, old: {options.against[:12]}; {bench.effort.rounds} rounds"
    try:
        if options.operations:
            operations_found = against_operations.measure(bench, trees)
            found = against_operations.table(title, operations_found)
            verdicts = against_operations.markdown_of_verdicts(operations_found)
            is_missed = any(each.is_missed for each in operations_found)
        else:
            tokens_found = against.measure(bench, trees)
            title += f", {bench.effort.bindings:,} bindings, 16 connections"
            found = comparison.table(title, tokens_found)
            verdicts = comparison.markdown_of_verdicts(tokens_found)
            is_missed = any(each.is_missed for each in tokens_found)
    except _SPOILT as error:
        bench.say(f"The comparison failed: {error}")
        return _NOTHING_MEASURED
    bench.say("Done")
    print(f"\n{report.markdown_of_facts(machine)}\n{markdown(found)}\n{verdicts}")
    return int(is_missed)


def _effort(options: argparse.Namespace) -> Effort:
    effort = QUICK if options.quick else FULL
    if options.against:
        effort = replace(effort, rounds=against.ROUNDS)
    if options.rounds:
        effort = replace(effort, rounds=options.rounds)
    if options.long:
        effort = replace(effort, tokens_for_memory=_LONG_TOKENS)
    return effort


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="shorter runs with smaller databases, less accurate"
    )
    parser.add_argument(
        "--long", action="store_true", help=f"issue {_LONG_TOKENS:,} tokens in the memory test"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(PARTS),
        metavar="NAME",
        help=f"run only this part; repeatable: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        metavar="N",
        help=f"rounds of each measurement; default: {against.ROUNDS} with --against,"
        f" {QUICK.rounds} with --quick, else {FULL.rounds}",
    )
    parser.add_argument(
        "--against",
        type=_commit,
        metavar="COMMIT",
        help="only compare the server of the working tree with that of a commit: CPU time per token"
        f" and memory; exit status 1 if either is significantly more than {comparison.BOUND} times"
        " that of the commit",
    )
    parser.add_argument(
        "--operations",
        action="store_true",
        help="with --against: compare CPU time per provision, bind and unbind instead",
    )
    parser.add_argument(
        "--without-ifma",
        action="store_true",
        help="sign without the AVX-512 IFMA instructions",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"write the figures into {report.DOCUMENT.name} and {report.DATA.name}",
    )
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write requires a complete run: all figures of the page are of one run")
    if options.against and (options.only or options.write or options.long):
        parser.error("--against cannot be combined with --only, --write or --long")
    if options.operations and not options.against:
        parser.error("--operations requires --against COMMIT")
    return options


def _commit(name: str) -> str:
    try:
        return versions.resolved(name)
    except versions.UnknownCommitError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())

"""Proofs of requirements: checks and rules, and tests that cite them by number."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.contract.registry import load

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[1]

_CITATION = re.compile(
    r"\b((?:OSB|CF)-[A-Z]+)-(\d\d)((?:(?:,| and|, and| to) (?:(?:OSB|CF)-[A-Z]+)?-\d\d\b)*)"
)
_CONTINUED = re.compile(r"(,| and|, and| to) ((?:OSB|CF)-[A-Z]+)?-(\d\d)")
_IN_NAME = re.compile(r"(osb|cf)_([a-z]+)_(\d\d)(?!\d)")


@dataclass
class Proofs:
    """The proofs of a requirement: names of checks, and ``file::test`` below ``tests``."""

    checks: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)


def find_proofs() -> dict[str, Proofs]:
    """Return the proofs of every requirement that has one."""
    found: dict[str, Proofs] = defaultdict(Proofs)
    for entry in load():
        for requirement in entry.requirements:
            found[requirement].checks.append(entry.name)
    for path in sorted(TESTS.rglob("test_*.py")):
        if "node_modules" not in path.parts:
            for test, requirement in cited_in_file(path):
                found[requirement].tests.append(test)
    return dict(found)


def cited_in_file(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each test of a file with each requirement that its name or docstring cites.

    A requirement in the docstring of the module is proven by the whole file.
    """
    file = str(path.relative_to(TESTS))
    module = ast.parse(path.read_text())
    for requirement in cited_in(ast.get_docstring(module) or ""):
        yield file, requirement
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            cited = [*cited_in(ast.get_docstring(node) or ""), *_cited_in_name(node.name)]
            for requirement in dict.fromkeys(cited):
                yield f"{file}::{node.name}", requirement


def cited_in(text: str) -> Iterator[str]:
    """Yield the requirements in a text: ``OSB-PROV-01, -02``, ``OSB-AUTH-01 to -05``."""
    for citation in _CITATION.finditer(" ".join(text.split())):
        group, number, continued = citation.groups()
        yield f"{group}-{number}"
        last = int(number)
        for how, other_group, next_number in _CONTINUED.findall(continued):
            group = other_group or group
            first = last + 1 if how == " to" else int(next_number)
            last = int(next_number)
            yield from (f"{group}-{each:02}" for each in range(first, last + 1))


def _cited_in_name(name: str) -> Iterator[str]:
    for prefix, group, number in _IN_NAME.findall(name):
        yield f"{prefix}-{group}-{number}".upper()

"""Every check and rule by name; decorators in ``checks/`` register them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.response import Response
    from tests.contract.subject import Subject

    CheckFunction = Callable[[Broker, Subject, Expectations], None]
    RuleFunction = Callable[[Response], bool | None]


@dataclass(frozen=True)
class Check:
    """One sequence of requests to a broker, and the requirements that it checks."""

    name: str
    requirements: tuple[str, ...]
    run: CheckFunction


@dataclass(frozen=True)
class Rule:
    """A condition on every response of all checks; ``holds`` returns None if it does not apply."""

    name: str
    requirements: tuple[str, ...]
    expected: str
    holds: RuleFunction


CHECKS: dict[str, Check] = {}
RULES: dict[str, Rule] = {}


def check(*requirements: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function as the check of these requirements."""

    def register(run: CheckFunction) -> CheckFunction:
        name = _name(run)
        CHECKS[name] = Check(name, requirements, run)
        return run

    return register


def rule(*requirements: str, expected: str) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as the rule of these requirements for every response."""

    def register(holds: RuleFunction) -> RuleFunction:
        name = _name(holds)
        RULES[name] = Rule(name, requirements, expected, holds)
        return holds

    return register


def load() -> list[Check | Rule]:
    """Import every module of checks and return the registered checks and rules."""
    for path in sorted((Path(__file__).parent / "checks").glob("*.py")):
        importlib.import_module(f"tests.contract.checks.{path.stem}")
    return [*CHECKS.values(), *RULES.values()]


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

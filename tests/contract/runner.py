"""Runs checks in order, cleans up after each, and applies the rules to all responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.contract.broker import NoResponse
from tests.contract.expectations import (
    CannotContinue,
    Expectations,
    Finding,
    NotApplicable,
    Outcome,
)
from tests.contract.registry import RULES, Check, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.contract.response import Response
    from tests.contract.subject import Subject


@dataclass
class Result:
    """The result of one or more checks: findings, and resources that could not be deleted."""

    findings: list[Finding] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Add the result of another check."""
        self.findings += other.findings
        self.left_behind += other.left_behind

    @property
    def failures(self) -> list[Finding]:
        """The findings that failed."""
        return [finding for finding in self.findings if finding.outcome is Outcome.FAILED]

    def outcome(self, requirement: str) -> Outcome | None:
        """The outcome of a requirement: failed if any finding failed; None if not checked."""
        outcomes = {each.outcome for each in self.findings if each.requirement == requirement}
        for outcome in (Outcome.FAILED, Outcome.PASSED, Outcome.NOT_APPLICABLE):
            if outcome in outcomes:
                return outcome
        return None


def run_checks(
    checks: Iterable[Check], subject: Subject, progress: Callable[[str], None]
) -> Result:
    """Run all checks; ``progress`` is called with the name of each before it begins."""
    result = Result()
    for check in checks:
        progress(check.name)
        result.add(run_check(check, subject))
    return result


def run_check(check: Check, subject: Subject) -> Result:
    """Run one check, clean up and apply the rules to all responses."""
    subject.broker.seen.clear()
    expect = Expectations(check.name, check.requirements)
    try:
        check.run(subject.broker, subject, expect)
    except NotApplicable as error:
        expect.note(expect.without_finding, Outcome.NOT_APPLICABLE, str(error))
    except CannotContinue as error:
        _note_failure(expect, error.expected, error.got)
    except NoResponse as error:
        _note_failure(expect, "a response", f"none ({error})")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # The check found members of unexpected types where it does not validate them.
        _note_failure(expect, "a response of the specified form", repr(error)[:200])
    finally:
        left_behind = subject.clean_up()
    judged = [found for rule in RULES.values() for found in judge(rule, check, subject.broker.seen)]
    return Result(expect.findings + judged, left_behind)


def judge(rule: Rule, check: Check, responses: list[Response]) -> list[Finding]:
    """Apply a rule to responses; report only the first that breaks it."""
    verdicts = [(response, rule.holds(response)) for response in responses]
    broken = [response for response, holds in verdicts if holds is False]
    if not broken and not any(holds for _, holds in verdicts):
        return []
    outcome = Outcome.FAILED if broken else Outcome.PASSED
    got = str(broken[0]) if broken else ""
    case = f"{check.name}: {broken[0].method} {broken[0].path[:160]}" if broken else ""
    return [
        Finding(requirement, outcome, rule.name, rule.expected, got, case)
        for requirement in rule.requirements
    ]


def _note_failure(expect: Expectations, expected: str, got: str) -> None:
    requirements = expect.without_finding or expect.requirements
    expect.note(requirements, Outcome.FAILED, expected, got)

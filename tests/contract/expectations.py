"""Expected and actual results of a check, by requirement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.contract.answer import Answer


EXPLANATION = "OSB-ERR-03"
"""The requirement of descriptions in errors, which any check may find violated."""


class Outcome(StrEnum):
    """The outcome of an expectation."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Finding:
    """One expectation: its requirement and case, the expected and the actual result."""

    requirement: str
    outcome: Outcome
    check: str
    expected: str
    got: str = ""
    case: str = ""


class NotApplicable(Exception):
    """The broker does not offer the feature under check."""


class CannotContinue(Exception):
    """A precondition of the check could not be established."""

    def __init__(self, expected: str, got: object) -> None:
        """Take the required and the actual result."""
        self.expected, self.got = expected, str(got)
        super().__init__(f"{expected}; got {got}")


@dataclass
class Expectations:
    """Collects the findings of one check; call it with the requirements of an expectation."""

    check: str
    requirements: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)

    def __call__(self, *requirements: str) -> Expectation:
        """Begin an expectation of these requirements, by default of all those of the check."""
        return Expectation(self, requirements or self.requirements)

    def note(
        self,
        requirements: tuple[str, ...],
        outcome: Outcome,
        expected: str,
        got: str = "",
        case: str = "",
    ) -> None:
        """Keep a finding for each requirement."""
        for requirement in requirements:
            if requirement not in {*self.requirements, EXPLANATION}:
                raise LookupError(f"{self.check} does not say that it is for {requirement}")
            self.findings.append(Finding(requirement, outcome, self.check, expected, got, case))

    @property
    def without_finding(self) -> tuple[str, ...]:
        """The requirements without a finding so far."""
        found = {finding.requirement for finding in self.findings}
        return tuple(name for name in self.requirements if name not in found)


@dataclass(frozen=True)
class Expectation:
    """One expectation to compare; every method returns whether it holds."""

    expectations: Expectations
    requirements: tuple[str, ...]

    def that(self, expected: str, holds: bool, got: object = "", *, case: str = "") -> bool:  # noqa: FBT001 - the point of it
        """Expect a condition described in words; ``got`` must not be a secret."""
        outcome = Outcome.PASSED if holds else Outcome.FAILED
        self.expectations.note(self.requirements, outcome, expected, str(got), case)
        return holds

    def status(self, answer: Answer, *allowed: int, case: str = "") -> bool:
        """Expect one of these statuses."""
        return self._answered(
            " or ".join(map(str, allowed)), answer.status in allowed, answer, case
        )

    def refused(self, answer: Answer, *allowed: int, naming: str = "", case: str = "") -> bool:
        """Expect one of these statuses; the description is a separate expectation."""
        holds = self.status(answer, *allowed, case=case)
        if holds:
            Expectation(self.expectations, (EXPLANATION,)).explained(
                answer, *allowed, naming=naming, case=case
            )
        return holds

    def explained(self, answer: Answer, *allowed: int, naming: str = "", case: str = "") -> bool:
        """Expect one of these statuses, and a description that contains a word."""
        named = naming.lower() in answer.description.lower()
        holds = answer.status in allowed and bool(answer.description) and named
        words = f"{' or '.join(map(str, allowed))} with a description"
        return self._answered(words + (f" naming {naming}" if naming else ""), holds, answer, case)

    def created(self, answer: Answer, *, case: str = "") -> bool:
        """Expect that this request created a resource, synchronously or asynchronously."""
        holds = answer.created and isinstance(answer.document, dict)
        return self._answered("201 with a JSON object", holds, answer, case)

    def done(self, answer: Answer, *, case: str = "") -> bool:
        """Expect that the requested resource exists, or is deleted in the case of a deletion."""
        expected = "200" if answer.method in {"DELETE", "PATCH"} else "200 or 201"
        holds = answer.done and (answer.status != 201 or answer.method == "PUT")
        return self._answered(expected, holds, answer, case)

    def no_failure(self, answer: Answer, *, case: str = "") -> bool:
        """Expect anything but a 5xx."""
        return self._answered("no 5xx", not answer.failed_inside, answer, case)

    def error(self, answer: Answer, status: int, word: str, *, case: str = "") -> bool:
        """Expect a status with one of the fixed error codes."""
        holds = answer.status == status and answer.members.get("error") == word
        return self._answered(f"{status} with error {word}", holds, answer, case)

    def not_applicable(self, reason: str) -> None:
        """Note that these requirements do not apply to the broker."""
        self.expectations.note(self.requirements, Outcome.NOT_APPLICABLE, reason)

    def _answered(self, expected: str, holds: bool, answer: Answer, case: str) -> bool:  # noqa: FBT001 - private
        request = f"{answer.method} {_shortened(answer.path)}"
        return self.that(expected, holds, answer, case=f"{case}: {request}" if case else request)


def _shortened(path: str) -> str:
    return path if len(path) <= 160 else path[:160] + "…"

"""Expected and actual results of a check, by requirement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.contract.response import Response


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

    def status(self, response: Response, *allowed: int, case: str = "") -> bool:
        """Expect one of these statuses."""
        return self._compared(
            " or ".join(map(str, allowed)), response.status in allowed, response, case
        )

    def refused(self, response: Response, *allowed: int, naming: str = "", case: str = "") -> bool:
        """Expect one of these statuses; the description is a separate expectation."""
        holds = self.status(response, *allowed, case=case)
        if holds:
            Expectation(self.expectations, (EXPLANATION,)).explained(
                response, *allowed, naming=naming, case=case
            )
        return holds

    def explained(
        self, response: Response, *allowed: int, naming: str = "", case: str = ""
    ) -> bool:
        """Expect one of these statuses, and a description that contains a word."""
        named = naming.lower() in response.description.lower()
        holds = response.status in allowed and bool(response.description) and named
        words = f"{' or '.join(map(str, allowed))} with a description"
        return self._compared(
            words + (f" naming {naming}" if naming else ""), holds, response, case
        )

    def created(self, response: Response, *, case: str = "") -> bool:
        """Expect that this request created a resource, synchronously or asynchronously."""
        holds = response.created and isinstance(response.document, dict)
        return self._compared("201 with a JSON object", holds, response, case)

    def done(self, response: Response, *, case: str = "") -> bool:
        """Expect that the requested resource exists, or is deleted in the case of a deletion."""
        expected = "200" if response.method in {"DELETE", "PATCH"} else "200 or 201"
        holds = response.done and (response.status != 201 or response.method == "PUT")
        return self._compared(expected, holds, response, case)

    def no_failure(self, response: Response, *, case: str = "") -> bool:
        """Expect anything but a 5xx."""
        return self._compared("no 5xx", not response.failed_inside, response, case)

    def error(self, response: Response, status: int, word: str, *, case: str = "") -> bool:
        """Expect a status with one of the fixed error codes."""
        holds = response.status == status and response.members.get("error") == word
        return self._compared(f"{status} with error {word}", holds, response, case)

    def not_applicable(self, reason: str) -> None:
        """Note that these requirements do not apply to the broker."""
        self.expectations.note(self.requirements, Outcome.NOT_APPLICABLE, reason)

    def _compared(self, expected: str, holds: bool, response: Response, case: str) -> bool:  # noqa: FBT001 - private
        request = f"{response.method} {_shortened(response.path)}"
        return self.that(expected, holds, response, case=f"{case}: {request}" if case else request)


def _shortened(path: str) -> str:
    return path if len(path) <= 160 else path[:160] + "…"

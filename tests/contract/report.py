"""The result of a run, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from tests.contract.expectations import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.contract.requirements import Requirement, Requirements
    from tests.contract.runner import Result

_MARKS = {
    Outcome.PASSED: ("✓", "32"),
    Outcome.FAILED: ("✗", "31"),
    Outcome.NOT_APPLICABLE: ("-", "2"),
    None: ("·", "2"),
}
_NOT_CHECKED = "cannot be checked from outside"
_MAX_SHOWN = 3
_BINDING_LEVELS = "MSP"


@dataclass(frozen=True)
class Report:
    """The result of each requirement."""

    requirements: Requirements
    chosen: tuple[Requirement, ...]
    result: Result

    def failed(self, levels: str) -> bool:
        """Return whether a requirement of one of these levels failed."""
        return any(
            self.result.outcome(each.id) is Outcome.FAILED
            for each in self.chosen
            if each.level in levels
        )

    def as_json(self, about: dict[str, Any]) -> dict[str, Any]:
        """Return the report as a JSON document."""
        return {
            **about,
            "requirements": [
                {
                    "id": each.id,
                    "level": each.level,
                    "text": each.text,
                    "outcome": self.result.outcome(each.id) or _NOT_CHECKED,
                    "failures": [
                        {
                            "check": finding.check,
                            "case": finding.case,
                            "expected": finding.expected,
                            "got": finding.got,
                        }
                        for finding in self._failures(each)
                    ],
                }
                for each in self.chosen
            ],
            "left_behind": self.result.left_behind,
            "summary": {
                outcome or _NOT_CHECKED: count for outcome, count in self._counts().items()
            },
        }

    def print_to(self, out: TextIO) -> None:
        """Write one line per requirement, with expected and actual results of failures."""
        paint = _painter(out)
        group = ""
        for each in self.chosen:
            if each.group != group:
                group = each.group
                out.write(f"\n{paint(self.requirements.groups[group], '1')}\n")
            self._print_requirement(each, out)
        left = [f"Could not be deleted: {path}" for path in self.result.left_behind]
        out.write("\n".join(["", *(paint(line, "33") for line in left), self._summary(), ""]))

    def _print_requirement(self, requirement: Requirement, out: TextIO) -> None:
        paint = _painter(out)
        outcome = self.result.outcome(requirement.id)
        mark, colour = _MARKS[outcome]
        line = f"{mark} {requirement.id:<12} {requirement.level}  {requirement.text}"
        if outcome is None:
            line += f" ({_NOT_CHECKED})"
        elif outcome is Outcome.NOT_APPLICABLE:
            line += f" (not applicable: {self._reason(requirement)})"
        out.write(f"  {paint(line, colour)}\n")
        failures = self._failures(requirement)
        out.writelines(shown(finding, indent=" " * 21) for finding in failures[:_MAX_SHOWN])
        if len(failures) > _MAX_SHOWN:
            out.write(f"{' ' * 21}… and {len(failures) - _MAX_SHOWN} more\n")

    def _failures(self, requirement: Requirement) -> list[Finding]:
        return [each for each in self.result.failures if each.requirement == requirement.id]

    def _reason(self, requirement: Requirement) -> str:
        return next(
            each.expected
            for each in self.result.findings
            if each.requirement == requirement.id and each.outcome is Outcome.NOT_APPLICABLE
        )

    def _counts(self) -> Counter[Outcome | None]:
        return Counter(self.result.outcome(each.id) for each in self.chosen)

    def _summary(self) -> str:
        counts = self._counts()
        parts = [
            f"{counts[Outcome.PASSED]} passed",
            f"{counts[Outcome.FAILED]} failed{self._failed_by_level()}",
            f"{counts[Outcome.NOT_APPLICABLE]} not applicable",
            f"{counts[None]} {_NOT_CHECKED}",
        ]
        return f"{len(self.chosen)} requirements: " + ", ".join(parts)

    def _failed_by_level(self) -> str:
        counts = Counter(
            each.level for each in self.chosen if self.result.outcome(each.id) is Outcome.FAILED
        )
        text = ", ".join(f"{level} {counts[level]}" for level in "MSPY" if counts[level])
        return f" ({text})" if text else ""


def shown(finding: Finding, *, indent: str = "") -> str:
    """Return the lines that explain a failure."""
    lines = [
        finding.check,
        *([f"  {finding.case}"] if finding.case else []),
        f"  expected {finding.expected}",
        f"  got      {finding.got or 'another result'}",
    ]
    return "".join(f"{indent}{line}\n" for line in lines)


def explain(findings: Iterable[Finding]) -> str:
    """Return the lines that explain several failures, each below its requirement."""
    return "".join(f"{each.requirement}\n{shown(each, indent='  ')}" for each in findings)


def _painter(out: TextIO) -> Any:
    is_terminal = out.isatty()
    return lambda text, code: f"\x1b[{code}m{text}\x1b[0m" if is_terminal else text

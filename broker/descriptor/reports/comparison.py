"""The report of ``descriptor diff`` on two files, as text and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.changes import (
    Change,
    differences,
    forbidden_changes,
    immutable_changes,
    protections,
)
from broker.descriptor.parse import parse_descriptor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.errors import Violation


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, and the violations for which an update would be refused."""

    changes: Sequence[Change]
    refused: Sequence[Violation]

    def as_json(self) -> dict[str, Any]:
        """Return the findings as a JSON object."""
        return {
            "refused": [violation.as_json() for violation in self.refused],
            "differences": [change.as_json() for change in self.changes],
        }


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two documents; raise InvalidRequest if one is not a valid descriptor."""
    before, after = parse_descriptor(old), parse_descriptor(new)
    refused = [
        *immutable_changes(before, after),
        *forbidden_changes(protections(before), after),
    ]
    return Comparison(differences(before, after), refused)

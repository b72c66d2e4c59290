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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.descriptor.model import Descriptor
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


def compare(old: Descriptor, new: Descriptor) -> Comparison:
    """Compare two descriptors."""
    refused = [
        *immutable_changes(old, new),
        *forbidden_changes(protections(old), new),
    ]
    return Comparison(differences(old, new), refused)

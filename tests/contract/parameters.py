"""Valid parameters, and a valid alternative if there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.contract.response import JsonObject

if TYPE_CHECKING:
    from pathlib import Path

UNIQUE = "$UNIQUE"
"""Placeholder in any string of a document for text that is unique to the instance."""

_EXAMPLES: dict[str, tuple[JsonObject, ...]] = {
    "xsappname": (
        {"xsappname": f"conformance-{UNIQUE}"},
        {"xsappname": f"conformance-{UNIQUE}", "description": "Another description"},
    ),
    "hide-secret": ({}, {"hide-secret": True}),
}
"""Parameters that are valid if a schema has a property of that name."""


class UnusableParameters(Exception):
    """A file of parameters is neither an object nor a list of two."""


@dataclass(frozen=True)
class Parameters:
    """Initial parameters, and others for updates and conflicts."""

    first: JsonObject
    second: JsonObject | None = None

    def made_unique(self) -> Parameters:
        """Return both for one new instance, with the placeholder filled in."""
        unique = uuid4().hex[:12]
        second = None if self.second is None else _filled(self.second, unique)
        return Parameters(_filled(self.first, unique), second)


def read_parameters(path: Path) -> Parameters:
    """Read a JSON file with one object, or with a list of two."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UnusableParameters(f"{path}: {error}") from None
    documents = document if isinstance(document, list) else [document]
    if not 1 <= len(documents) <= 2 or not all(isinstance(each, dict) for each in documents):
        raise UnusableParameters(f"{path}: must be a JSON object, or a list of two")
    return Parameters(*documents)


def fitting_example(schema: JsonObject) -> Parameters:
    """Return parameters for a plan with this schema; none for an unknown schema."""
    for name, documents in _EXAMPLES.items():
        if name in schema.get("properties", {}):
            return Parameters(*documents)
    return Parameters({})


def _filled(value: Any, unique: str) -> Any:
    if isinstance(value, str):
        return value.replace(UNIQUE, unique)
    if isinstance(value, list):
        return [_filled(part, unique) for part in value]
    if isinstance(value, dict):
        return {name: _filled(part, unique) for name, part in value.items()}
    return value

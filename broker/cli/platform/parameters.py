"""The option ``-c``: JSON as text, or the name of a file, as in the cf CLI."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.descriptor.sources.yaml_text import MAX_BYTES
from broker.errors import InvalidRequest
from broker.json_text.reader import MalformedJson, read_object

if TYPE_CHECKING:
    from click import Context, Parameter


@dataclass(frozen=True, slots=True)
class Given:
    """A text and the file that it comes from; ``directory`` has further files that it names."""

    data: bytes
    name: str
    directory: Path

    def as_object(self) -> dict[str, Any]:
        """Return the JSON object of the text; raise InvalidRequest for another text."""
        try:
            return read_object(self.data)
        except MalformedJson as error:
            raise InvalidRequest.at(self.name, error.found, error.allowed) from None


class TextOrFile(click.ParamType[Given]):
    """A JSON object as text, the name of a file, or "-" for standard input."""

    name = "json|file"

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Given:
        """Return the text; an unreadable file is a usage error."""
        if isinstance(value, Given):
            return value
        if value.lstrip().startswith("{"):
            return Given(value.encode(), "-c", Path())
        if value == "-":
            return Given(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>", Path())
        try:
            with Path(value).open("rb") as file:
                return Given(file.read(MAX_BYTES + 1), value, Path(value).parent)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no valid file name"
            self.fail(f"{value[:200]!r}: {reason}", param, ctx)

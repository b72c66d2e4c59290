"""Input files of commands: a path, or "-" for standard input."""

from __future__ import annotations

from typing import IO, Any

from broker.errors import InvalidRequest
from broker.json_text.reader import MalformedJson, read_object


def json_object(file: IO[bytes] | IO[str]) -> dict[str, Any]:
    """Return the JSON object in the file; raise InvalidRequest if it is not one."""
    try:
        return read_object(file.read())
    except MalformedJson as error:
        raise InvalidRequest.at(name_of(file), error.found, error.allowed) from None


def name_of(file: IO[bytes] | IO[str]) -> str:
    """Return the name of a file for messages; standard input may have none."""
    return str(getattr(file, "name", "<stdin>"))

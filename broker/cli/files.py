"""Input files of commands: a path, or "-" for standard input."""

from __future__ import annotations

import json
from typing import Any, TextIO

from broker.errors import InvalidRequest


def json_object(file: TextIO) -> dict[str, Any]:
    """Return the JSON object in the file; raise InvalidRequest if it is not one."""
    allowed = "a JSON object"
    try:
        document = json.load(file)
    except RecursionError:
        raise InvalidRequest.at(file.name, "nested too deeply", allowed) from None
    except ValueError as error:
        raise InvalidRequest.at(file.name, f"not valid JSON ({error})", allowed) from None
    if not isinstance(document, dict):
        raise InvalidRequest.at(file.name, "another JSON value", allowed)
    return document

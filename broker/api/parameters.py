"""The path and the query parameters of the current request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.descriptor.paths import printable
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.api.route import Query

_RAW_URI = "RAW_URI"
_BOOLEANS = {"true": True, "false": False}
_MAX_DIGITS = 10
_READING = ("GET", "HEAD")


def raw_path(environ: Mapping[str, Any], method: str) -> str:
    """Return the path as it was received, percent-encoded.

    A slash at the end is ignored for GET and HEAD: SAP Cloud SDK requests a CSRF token there first.
    """
    raw: str = environ.get(_RAW_URI) or ""
    path: str = raw.partition("?")[0] if raw.startswith("/") else environ["PATH_INFO"]
    return path.removesuffix("/") if method in _READING else path


def query_values(queries: Sequence[Query], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the listed parameters; others, and all but the first of one name, are ignored.

    Raises InvalidRequest for a value of another type.
    """
    return {each.name: _value(each, given.get(each.name)) for each in queries}


def _value(query: Query, text: str | None) -> Any:
    if not text:
        return query.default
    if query.type == "string":
        return text
    if query.type == "boolean":
        if text.lower() not in _BOOLEANS:
            raise _invalid(query, text, "true or false")
        return _BOOLEANS[text.lower()]
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    if not is_number or int(text) > query.maximum:
        raise _invalid(query, text, f"a number from 0 to {query.maximum}")
    return int(text)


def _invalid(query: Query, text: str, allowed: str) -> InvalidRequest:
    return InvalidRequest.at(f"query parameter {query.name}", f'"{printable(text)}"', allowed)

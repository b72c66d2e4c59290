"""The reader for every JSON text of a client or a file (RFC 8259).

Stricter than ``json.loads``: every name is unique in its object, every number is finite and of
bounded length, and the nesting is bounded. Common extensions of JSON (comments, trailing commas, a
byte order mark) are refused with that reason. Parsing takes time proportional to the length.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

MAX_DEPTH: Final = 50
"""Levels of objects and arrays."""

MAX_DIGITS: Final = 100
"""Characters of one number."""

_MAX_SHOWN = 64
_MARK = "\ufeff"
_WITH_MARK: Final = {"utf-8-sig": "utf-8"}
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN = re.compile(rf"({_STRING})(\s*+:)?|([{{}}])", re.DOTALL)
_NUMBER = re.compile(rf"{_STRING}|(NaN|-?Infinity|-?[0-9][0-9.eE+\-]*+)", re.DOTALL)


class MalformedJson(ValueError):
    """The text is no JSON, or JSON that has no unambiguous meaning.

    ``found`` and ``allowed`` are printable and contain no string of the text but names.
    ``is_ambiguous`` is True for texts that some parsers read: RFC 8259 section 4 and 6 leave
    repeated names and the range of numbers to implementations.
    """

    def __init__(self, found: str, allowed: str, *, is_ambiguous: bool = True) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.found = found
        self.allowed = allowed
        self.is_ambiguous = is_ambiguous


class _Refused(Exception):
    """A rule is broken by the number with this text, or by a repeated name (None)."""

    def __init__(self, number: str | None) -> None:
        super().__init__()
        self.number = number


def read_json(data: str | bytes) -> Any:
    """Return the value of a JSON text; raise MalformedJson with the reason and its position."""
    try:
        text = _decoded(data)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
        if not _is_deeper_than(value, MAX_DEPTH):
            return value
    except _Refused as refused:
        number = refused.number
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise MalformedJson("not valid JSON (not UTF-8)", "JSON", is_ambiguous=False) from None
    except json.JSONDecodeError as error:
        raise _syntax_error(error) from None
    else:
        raise _too_deep()
    # Positions are searched only for the error, which makes the reader fast for valid texts.
    raise _repeated_name(text) if number is None else _bad_number(text, number)


def read_object(data: str | bytes) -> dict[str, Any]:
    """Return the object of a JSON text; raise MalformedJson, also for any other value."""
    value = read_json(data)
    if not isinstance(value, dict):
        raise MalformedJson(f"a JSON {json_type(value)}", "a JSON object")
    return value


def json_type(value: object) -> str:
    """Return the name of the JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _decoded(data: str | bytes) -> str:
    if isinstance(data, bytes):
        # Decoded without removing a byte order mark.
        encoding = json.detect_encoding(data)
        data = data.decode(_WITH_MARK.get(encoding) or encoding)
        if encoding in {"utf-16", "utf-32"}:
            raise _byte_order_mark()
    if data.startswith(_MARK):
        raise _byte_order_mark()
    return data


def _byte_order_mark() -> MalformedJson:
    found = "a byte order mark (BOM) at line 1 column 1"
    return MalformedJson(found, "UTF-8 without byte order mark", is_ambiguous=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused(None)
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused(text)
    return int(text)


def _float(text: str) -> float:
    number = float(text) if len(text) <= MAX_DIGITS else math.inf
    if not math.isfinite(number):
        raise _Refused(text)
    return number


def _constant(text: str) -> None:
    raise _Refused(text)


def _is_deeper_than(value: object, levels: int) -> bool:
    """Return whether containers are nested deeper, level by level instead of recursively."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return bool(level)


def _syntax_error(error: json.JSONDecodeError) -> MalformedJson:
    """Return the error for text that other formats allow, or that is no JSON at all."""
    text, at = error.doc, error.pos
    found = _foreign_syntax(text, at)
    if found is not None:
        what, offset, allowed = found
        place = _position(text, offset)
        return MalformedJson(f"{what} at {place}", allowed, is_ambiguous=False)
    reason = f"not valid JSON ({error.msg.removesuffix(' at')} at {_position(text, at)})"
    return MalformedJson(reason, "JSON", is_ambiguous=False)


def _foreign_syntax(text: str, at: int) -> tuple[str, int, str] | None:
    """Return what was found, its offset and what is allowed, for a known extension of JSON."""
    # Versions of Python report a trailing comma at the comma or at the bracket.
    start = at if text[at : at + 1] != "," else at + 1
    comma = len(text[:start].rstrip()) - 1
    rest = _AFTER.match(text, start)
    if comma >= 0 and text[comma] == "," and rest is not None:
        return "a trailing comma", comma, "no comma before the closing bracket"
    here = text[at : at + 2]
    if here in {"//", "/*"} or here[:1] == "#":
        return "a comment", at, "JSON without comments"
    if here[:1] == "'":
        return "a single quote", at, "strings in double quotes"
    if _BARE_KEY.match(text, at):
        return "a key without quotes", at, "keys in double quotes"
    return None


_AFTER = re.compile(r"\s*+[\]}]")
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$\-]*+\s*+:")


def _too_deep() -> MalformedJson:
    return MalformedJson("too many levels of objects and arrays", f"at most {MAX_DEPTH} levels")


def _bad_number(text: str, number: str) -> MalformedJson:
    found = next(each for each in _NUMBER.finditer(text) if each[1] == number)
    place = _position(text, found.start())
    if len(number) > MAX_DIGITS:
        found_text = f"a number of {len(number)} characters at {place}"
        return MalformedJson(found_text, f"numbers of at most {MAX_DIGITS} characters")
    if number[-1].isdigit():
        return MalformedJson(f"the number {number} at {place} is too large", "finite numbers")
    return MalformedJson(f"{number} at {place} is not JSON", "finite numbers")


def _repeated_name(text: str) -> MalformedJson:
    """Return the error for the first name that occurs twice in one object."""
    open_objects: list[dict[str, int]] = []
    for token in _TOKEN.finditer(text):
        if token[3] == "{":
            open_objects.append({})
        elif token[3] == "}":
            open_objects.pop()
        elif token[2] is not None:
            name = json.loads(token[1])
            first = open_objects[-1].setdefault(name, token.start())
            if first != token.start():
                break
    else:
        raise AssertionError("every name is unique")
    places = f"{_position(text, first)} and {_position(text, token.start())}"
    return MalformedJson(f"duplicate key {_shown(name)} at {places}", "unique keys")


def _position(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"line {line} column {offset - text.rfind(chr(10), 0, offset)}"


def _shown(name: str) -> str:
    return json.dumps(name[:_MAX_SHOWN]) + ("…" if len(name) > _MAX_SHOWN else "")

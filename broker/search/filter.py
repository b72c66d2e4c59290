"""The filter expressions of SCIM 1.1, as UAA accepts them: parsed once, in linear time (TH-14).

    filter     = and-term *("or" and-term)
    and-term   = term *("and" term)
    term       = "(" filter ")" / attribute "pr" / attribute operator value
    operator   = "eq" / "co" / "sw" / "gt" / "ge" / "lt" / "le"
    value      = JSON string / "true" / "false" / digits

Operators, connectives and attribute names may be written in any case. The attributes are those
that the caller lists.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation
from broker.search.condition import (
    OPERATORS,
    Combination,
    Comparison,
    Condition,
    Connective,
    Kind,
    Operator,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.search.condition import Attribute, Attributes

MAX_BYTES = 2048
MAX_DEPTH = 16
MAX_TERMS = 50

_MAX_SHOWN = 256
_TOKEN = re.compile(r'[ \t]*+(?:([()])|("[^"\\]*+(?:\\.[^"\\]*+)*+")|([^\s()"]++))')
_DIGITS = re.compile(r"[0-9]{1,15}")
_MAX_TIME_TEXT = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_YEAR = 9998
_FLAGS = {"true": True, "false": False}


class _Refused(Exception):
    """The filter breaks a rule: what was found, what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed


def parse_filter(text: str, attributes: Attributes) -> Condition:
    """Return the condition that the filter states over these attributes.

    Raises InvalidRequest with UAA's text, and a violation that names the place in the filter, for
    everything else: also for more than ``MAX_BYTES`` bytes of UTF-8, ``MAX_DEPTH`` levels of
    parentheses and ``MAX_TERMS`` comparisons.
    """
    try:
        _require_bounded(text)
        return _Parser(attributes, _Tokens(text)).whole()
    except _Refused as refused:
        raise InvalidRequest.saying(
            f"Invalid filter expression: [{printable(text, _MAX_SHOWN)}]",
            [Violation("filter", refused.found, refused.allowed)],
        ) from None


def _require_bounded(text: str) -> None:
    # Each character has at least one byte, so that a long text is not encoded.
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _Refused(f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES}")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    at: int
    """The number of its first character in the filter, from 1."""

    @property
    def is_string(self) -> bool:
        return self.text.startswith('"')

    @property
    def word(self) -> str:
        return self.text.lower()

    def __str__(self) -> str:
        return f"{printable(self.text)} at character {self.at}" if self.text else "its end"


class _Tokens:
    """The tokens of a filter, read from left to right; after the last one an empty one follows."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self.next = next(self._tokens)

    def take(self) -> _Token:
        taken = self.next
        self.next = next(self._tokens, taken)
        return taken

    def _scan(self) -> Iterator[_Token]:
        text, at = self._text.rstrip(" \t"), 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                rest = text[at:].lstrip(" \t")
                found = "a string without end" if rest.startswith('"') else printable(rest[:1])
                place = len(text) - len(rest) + 1
                raise _Refused(f"{found} at character {place}", "words, strings and parentheses")
            at = match.end()
            found = match[match.lastindex or 0]
            yield _Token(found, at - len(found) + 1)
        yield _Token("", len(text) + 1)


class _Parser:
    def __init__(self, attributes: Attributes, tokens: _Tokens) -> None:
        self._attributes = attributes
        self._tokens = tokens
        self._terms = 0

    def whole(self) -> Condition:
        condition = self._any_of(0)
        if self._tokens.next.text:
            raise _Refused(str(self._tokens.next), "and, or, or the end of the filter")
        return condition

    def _any_of(self, depth: int) -> Condition:
        parts = [self._all_of(depth)]
        while self._takes(Connective.OR):
            parts.append(self._all_of(depth))
        return _combined(Connective.OR, parts)

    def _all_of(self, depth: int) -> Condition:
        parts = [self._term(depth)]
        while self._takes(Connective.AND):
            parts.append(self._term(depth))
        return _combined(Connective.AND, parts)

    def _takes(self, word: str) -> bool:
        is_next = self._tokens.next.word == word
        if is_next:
            self._tokens.take()
        return is_next

    def _term(self, depth: int) -> Condition:
        if self._tokens.next.text != "(":
            return self._comparison()
        opening = self._tokens.take()
        if depth >= MAX_DEPTH:
            raise _Refused(f"more than {MAX_DEPTH} levels of parentheses", f"at most {MAX_DEPTH}")
        condition = self._any_of(depth + 1)
        if self._tokens.next.text != ")":
            expected = f") for the parenthesis at character {opening.at}"
            raise _Refused(str(self._tokens.next), expected)
        self._tokens.take()
        return condition

    def _comparison(self) -> Comparison:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise _Refused(f"more than {MAX_TERMS} comparisons", f"at most {MAX_TERMS}")
        attribute = self._attribute()
        operator = self._operator(attribute)
        if operator is Operator.PRESENT:
            return Comparison(attribute.name, operator)
        value = _value(attribute, self._tokens.take())
        if operator is Operator.EQUAL and isinstance(value, str):
            value = attribute.canonical(value)
        return Comparison(attribute.name, operator, value)

    def _attribute(self) -> Attribute:
        token = self._tokens.take()
        found = self._attributes.get(token.word)
        if found is None:
            raise _Refused(str(token), _listed(each.name for each in self._attributes.values()))
        return found

    def _operator(self, attribute: Attribute) -> Operator:
        token, allowed = self._tokens.take(), OPERATORS[attribute.kind]
        if token.word not in allowed:
            named = _listed(each.value for each in Operator if each in allowed)
            raise _Refused(str(token), f"{named} after {attribute.name}")
        return Operator(token.word)


def _combined(connective: Connective, parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Combination(connective, tuple(parts))


def _value(attribute: Attribute, token: _Token) -> str | bool | datetime:
    text = _string(token) if token.is_string else None
    match attribute.kind:
        case Kind.TEXT if text is not None:
            normal = attribute.normal(text)
            if not (text.isprintable() and normal.isprintable()):
                raise _Refused(f"an unprintable character in {token}", "printable characters")
            return normal
        case Kind.TEXT:
            raise _Refused(str(token), f"a string in double quotes after {attribute.name}")
        case Kind.FLAG:
            flag = _FLAGS.get(token.word if text is None else text.lower())
            if flag is None:
                raise _Refused(str(token), f"true or false after {attribute.name}")
            return flag
        case Kind.TIME:
            time = _time(text) if text is not None else _milliseconds(attribute, token.text)
            if time is None or time.year > _MAX_YEAR:  # a later one has no following millisecond
                number = "milliseconds since 1970 or " if attribute.takes_number else ""
                raise _Refused(str(token), f'{number}a time such as "2030-01-31T12:00:00.000Z"')
            return time


def _string(token: _Token) -> str:
    try:
        value: str = json.loads(token.text)
    except ValueError:
        raise _Refused(str(token), "a string with the escapes of JSON") from None
    return value


def _time(text: str) -> datetime | None:
    """Return the time in whole milliseconds, None if the text is none with a time zone."""
    if len(text) > _MAX_TIME_TEXT:
        return None
    try:
        time = datetime.fromisoformat(text)
        return in_milliseconds(time.astimezone(UTC)) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _milliseconds(attribute: Attribute, digits: str) -> datetime | None:
    if not attribute.takes_number or not _DIGITS.fullmatch(digits[:_MAX_TIME_TEXT]):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(digits))
    except OverflowError:
        return None


def in_milliseconds(time: datetime) -> datetime:
    """Return the time without the fraction of its millisecond, as the APIs show it."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _listed(words: Iterator[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last

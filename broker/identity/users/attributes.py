"""The rules of users' names, e-mail addresses and ids (I-02, I-07)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation
from broker.identity.user import ORIGIN_PATTERN, ORIGIN_RULE, canonical_origin, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAME = 255
MAX_EMAIL = 254
MAX_LOCALE = 35
_SHOWN = 64
_UNUSABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control characters, surrogates, private and unassigned characters, line separators."""

_NAME_RULE = (
    f"1 to {MAX_NAME} printable characters, also after NFKC and case folding, without blanks at"
    " either end"
)
_TEXT_RULE = "characters without control characters"
_EMAIL_RULE = (
    f"an address with exactly one @ between two parts, at most {MAX_EMAIL} characters, without"
    " blanks and control characters"
)


def require_valid(values: Mapping[str, str | None]) -> None:
    """Check attributes by their names; None is an absent value.

    Raises InvalidRequest with a violation for each invalid one.
    """
    given = {key: value for key, value in values.items() if value is not None}
    broken = [
        Violation(key, printable(value) or "an empty text", rule)
        for key, value in given.items()
        if (rule := _broken_rule(key, value))
    ]
    if broken:
        raise InvalidRequest(broken)


def usable(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the attributes, with None in place of invalid values."""
    return {
        key: None if value is None or _broken_rule(key, value) else value
        for key, value in values.items()
    }


def valid_origin(text: str) -> str:
    """Return the canonical origin; raise InvalidRequest unless it has the form of one (I-12)."""
    origin = canonical_origin(text)
    if ORIGIN_PATTERN.fullmatch(origin[:_SHOWN]) is None:
        raise InvalidRequest.at("origin", printable(text) or "an empty text", ORIGIN_RULE)
    return origin


def _broken_rule(key: str, value: str) -> str:
    """Return the rule of the attribute that the value breaks, '' for none."""
    if key == "name":
        return "" if _is_name(value) else _NAME_RULE
    if key == "email":
        return "" if _is_email(value) else _EMAIL_RULE
    if key == "external_id" and not value.isprintable():
        return f"1 to {MAX_NAME} printable characters"
    limit = MAX_LOCALE if key == "locale" else MAX_NAME
    return "" if _is_text(value, limit) else f"1 to {limit} {_TEXT_RULE}"


def _is_name(value: str) -> bool:
    # The length is limited before the value is folded.
    return (
        0 < len(value) <= MAX_NAME
        and value.isprintable()
        and value == value.strip()
        and 0 < len(folded(value)) <= MAX_NAME
        and folded(value).isprintable()
    )


def _is_text(value: str, limit: int) -> bool:
    return 0 < len(value) <= limit and _is_clean(value) and not value.isspace()


def _is_email(value: str) -> bool:
    local, at, domain = value.partition("@")
    is_split = bool(local and at and domain) and "@" not in domain
    return len(value) <= MAX_EMAIL and is_split and value.isprintable() and " " not in value


def _is_clean(value: str) -> bool:
    return not any(unicodedata.category(char) in _UNUSABLE for char in value)

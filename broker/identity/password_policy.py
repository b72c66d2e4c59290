"""The rules for new passwords (I-17): length and common passwords, no composition rules."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from broker.errors import InvalidRequest, Violation
from broker.identity.password_hash import normalized
from broker.identity.user import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_LENGTH = 15
MAX_LENGTH = 256
"""Code points after NFKC."""

_MAX_INPUT = 4 * MAX_LENGTH
"""Characters before NFKC, which may shorten a text to a quarter."""

_PRODUCT_NAMES = ("xsuaa", "xsuaa-broker", "xsuaa broker")
_SCORED_LENGTH = 72
"""zxcvbn refuses longer texts."""

_MIN_SCORE = 3
_SUBSTITUTES = frozenset("@({[<&#!|$+%")
_MAX_SUBSTITUTES = 3
"""zxcvbn tries every combination of symbols that may stand for letters; 12 take 5 seconds."""

_SEPARATORS = re.compile(r"[^\w]|_")
_PATH = "password"


class PasswordRule(StrEnum):
    """The rules, for texts in the language of the user."""

    SHORT = "short"
    LONG = "long"
    CHARACTERS = "characters"
    NAME = "name"
    COMMON = "common"


class PasswordRefused(InvalidRequest):
    """The password breaks a rule; the text does not contain it."""

    def __init__(self, rule: PasswordRule, found: str, allowed: str) -> None:
        """``found`` describes the password, ``allowed`` the rule."""
        self.rule = rule
        super().__init__([Violation(_PATH, found, allowed)])


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The policy; ``min_length`` are code points."""

    min_length: int = MIN_LENGTH

    def require(self, password: str, names: Iterable[str | None]) -> None:
        """Raise PasswordRefused if the password is not accepted.

        ``names`` are those of the user, such as the e-mail address, and of the zone.
        """
        require_bounded(password)
        text = normalized(password)
        if len(text) < self.min_length:
            raise PasswordRefused(
                PasswordRule.SHORT,
                f"{len(text)} characters",
                f"at least {self.min_length} characters",
            )
        if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
            raise PasswordRefused(
                PasswordRule.CHARACTERS, "a control character", "printable characters and spaces"
            )
        known = {folded(name) for name in (*_PRODUCT_NAMES, *names) if name}
        known |= {name.partition("@")[0] for name in known}
        if folded(text) in known:
            raise PasswordRefused(
                PasswordRule.NAME,
                "the name of the user, the zone or the product",
                "any other password",
            )
        if _is_common(text, known):
            raise PasswordRefused(
                PasswordRule.COMMON,
                "a common or easily guessed password",
                "one that is hard to guess",
            )


def require_bounded(password: str) -> None:
    """Raise PasswordRefused if the password is longer than any accepted one; before hashing."""
    if len(password) > _MAX_INPUT or len(normalized(password)) > MAX_LENGTH:
        raise PasswordRefused(
            PasswordRule.LONG,
            f"more than {MAX_LENGTH} characters",
            f"at most {MAX_LENGTH} characters",
        )


def _is_common(text: str, names: set[str]) -> bool:
    # The word lists take memory and time to load; only changes of passwords need them.
    from zxcvbn import zxcvbn  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    if any(folded(text) in words for words in FREQUENCY_LISTS.values()):
        return True
    words = {word for name in names for word in _SEPARATORS.split(name)}
    result = zxcvbn(_scored(text), user_inputs=sorted((names | words) - {""}))
    return int(result["score"]) < _MIN_SCORE


def _scored(text: str) -> str:
    """Return the beginning with few different symbols that zxcvbn may replace by letters."""
    start = text[:_SCORED_LENGTH]
    found = list(dict.fromkeys(char for char in start if char in _SUBSTITUTES))
    return start.translate({ord(char): "~" for char in found[_MAX_SUBSTITUTES:]})

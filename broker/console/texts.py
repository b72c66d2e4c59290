"""Texts of the console in one language: messages, numbers and relative times."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from broker.console.messages import de, en
from broker.console.table import MESSAGES as FAMILIES
from broker.login.pages.language import MESSAGES as LOGIN_MESSAGES
from broker.login.pages.language import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

_FRAME = {"en": en.MESSAGES, "de": de.MESSAGES}
MESSAGES: Final[Mapping[str, Mapping[str, str]]] = {
    language: ChainMap(
        frame, *(dict(each[language]) for each in FAMILIES), dict(LOGIN_MESSAGES[language])
    )
    for language, frame in _FRAME.items()
}

_UNITS = ((86_400 * 365, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"))
_SEPARATORS = {"en": ",", "de": "."}


@dataclass(frozen=True, slots=True)
class ConsoleTexts(Texts):
    """The texts of a page that is made at ``now``."""

    messages: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MESSAGES)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def number(self, number: int) -> str:
        """Return the number with separators of thousands."""
        return f"{number:,}".replace(",", _SEPARATORS[self.language])

    def ago(self, at: datetime) -> str:
        """Return how long ago the time was, or in how long it will be."""
        seconds = (self.now - at).total_seconds()
        direction = "ago" if seconds >= 0 else "in"
        for size, unit in _UNITS:
            if abs(seconds) >= size:
                count = int(abs(seconds) // size)
                form = f"{unit}.one" if count == 1 else unit
                return self(f"{direction}.{form}", n=count)
        return self(f"{direction}.now")

    def has(self, key: str) -> bool:
        """Return whether there is such a message."""
        return key in self.messages[self.language]

    def notice(self, name: str) -> str:
        """Return the name of a notice that a URL states, '' if there is no such notice."""
        return name if self.has(f"done.{name}") else ""

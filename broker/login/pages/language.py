"""The language of a page (I-98)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from broker.login.pages.messages import de, en

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import LanguageAccept

    from broker.login.pages.views import Message

DEFAULT: Final = "en"
MESSAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": en.MESSAGES, "de": de.MESSAGES}

_APPLICATION_ID = re.compile(r"^[^!]{1,128}![a-z][0-9]{1,10}\.")
_MAX_LOCALES = 256
"""Characters of ``ui_locales`` that are examined."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language in ``messages``, which are by language and key."""

    language: str
    messages: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MESSAGES)

    def __call__(self, key: str, **values: str | int) -> str:
        """Return the text with this key and values for its placeholders; raise KeyError."""
        return self.messages[self.language][key].format_map(values)

    def scope(self, name: str) -> str:
        """Return what the scope allows, in words for one of the platform.

        For one of an application it is the name without the application id.
        """
        known = self.messages[self.language].get(f"scope.{name}")
        return known or _APPLICATION_ID.sub("", name, count=1)

    def of(self, message: Message) -> str:
        """Return the text of the message."""
        return self(message.key, **message.values)


def language_of(ui_locales: str, accepted: LanguageAccept) -> str:
    """Return the first known language of ``ui_locales`` (OIDC Core 3.1.2.1), else the accepted."""
    for tag in (*ui_locales[:_MAX_LOCALES].split(), *accepted.values()):
        language = tag.replace("_", "-").partition("-")[0].lower()
        if language in MESSAGES:
            return language
    return DEFAULT

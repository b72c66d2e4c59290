"""The texts of the family."""

from __future__ import annotations

from typing import Final

from broker.console.access import english, german

MESSAGES: Final = {"en": english.MESSAGES, "de": german.MESSAGES}

"""The confirmation of dangerous actions: the name of what they concern, typed by the user."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest

FIELD: Final = "confirm"
"""The name of the form's field."""


def require_confirmed(asked: ConsoleRequest, *names: str) -> None:
    """Raise InvalidRequest, whose text is the key of a message, unless the form has a name."""
    typed = asked.form.get(FIELD, "").strip()
    if not any(hmac.compare_digest(typed.encode(), name.strip().encode()) for name in names):
        raise InvalidRequest.saying(
            "confirm.wrong", [Violation(FIELD, "another text", "the name of what is changed")]
        )

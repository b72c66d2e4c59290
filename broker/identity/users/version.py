"""The version of an object that a request expects to change."""

from __future__ import annotations

from broker.errors import StateConflict


def require_version(subject: str, expected: int | None, found: int) -> None:
    """Raise StateConflict, with UAA's text, unless the object has the expected version.

    None expects any. ``subject`` names the object.
    """
    if expected is not None and expected != found:
        raise StateConflict(
            f"Attempt to update a {subject} with wrong version: expected={expected} but"
            f" found={found}"
        )

"""Parameters and fields of forms with one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def single(values: Sequence[str]) -> str:
    """Return the only value; '' if there is none, or if the parameter is repeated."""
    return values[0] if len(values) == 1 else ""

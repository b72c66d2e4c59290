"""Settings with a comma-separated list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BeforeValidator

if TYPE_CHECKING:
    from collections.abc import Callable


def comma_separated(parse: Callable[[tuple[str, ...]], object] = tuple) -> BeforeValidator:
    """Return the validator of a text: ``parse`` receives its parts without surrounding blanks.

    An empty part is not left out: it is refused like any other invalid one. Values that are no
    text stay unchanged.
    """

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        return parse(tuple(part.strip() for part in value.split(",")))

    return BeforeValidator(validate)

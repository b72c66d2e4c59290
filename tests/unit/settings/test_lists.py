"""Comma-separated settings."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from broker.settings.lists import comma_separated


def _numbers(parts: tuple[str, ...]) -> tuple[int, ...]:
    if not all(part.isdecimal() for part in parts):
        raise ValueError("must be comma-separated numbers")
    return tuple(int(part) for part in parts)


TEXTS = TypeAdapter(Annotated[tuple[str, ...], comma_separated()])
NUMBERS = TypeAdapter(Annotated[tuple[int, ...], comma_separated(_numbers)])


def test_parts_have_no_surrounding_blanks() -> None:
    assert TEXTS.validate_python(" a ,b,, c d") == ("a", "b", "", "c d")
    assert NUMBERS.validate_python("1, 2") == (1, 2)
    assert NUMBERS.validate_python((1, 2)) == (1, 2)


@pytest.mark.parametrize("text", ["1,", "1,,2", "x"])
def test_an_empty_part_is_invalid_where_texts_are_parsed(text: str) -> None:
    with pytest.raises(ValidationError, match="comma-separated numbers"):
        NUMBERS.validate_python(text)

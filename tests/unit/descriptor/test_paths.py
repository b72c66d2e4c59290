"""JSON paths and values in messages."""

from __future__ import annotations

import pytest

from broker.descriptor.paths import json_path, printable


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ((), "$"),
        (("scopes", 0, "name"), "scopes[0].name"),
        ((0, "name"), "[0].name"),
        (("a", 1, 2), "a[1][2]"),
        (("a\nb",), "a?b"),
        (("x" * 65,), "x" * 64 + "…"),
    ],
)
def test_steps_are_joined(location: tuple[int | str, ...], path: str) -> None:
    assert json_path(location) == path


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ü 1", "ü 1"), ("\x1b[31m", "?[31m"), ("a\u202eb", "a?b"), ("\ud800", "?"), ("xyz!", "xyz…")],
)
def test_unprintable_characters_are_replaced_and_long_text_cut(text: str, shown: str) -> None:
    assert printable(text, max_length=3 if text == "xyz!" else 64) == shown

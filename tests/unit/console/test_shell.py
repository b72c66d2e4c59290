"""Commands to copy."""

from __future__ import annotations

import shlex

import pytest

from broker.console.shell import command


@pytest.mark.parametrize("name", ["a b", "x; rm -rf /", "$(id)", "`id`", "it's", "a\nb"])
def test_a_name_stays_one_word(name: str) -> None:
    text = command("users", "show", name)
    assert shlex.split(text) == ["xsuaa-broker", "users", "show", name]


def test_usual_names_stay_readable() -> None:
    assert command("users", "list", "--zone", "default-1") == (
        "xsuaa-broker users list --zone default-1"
    )

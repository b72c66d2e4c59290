"""Instance secrets: their form and recognition."""

from __future__ import annotations

import re

import pytest

from broker.credentials.instance_secret import InstanceSecret


def test_instance_secrets_have_28_characters_and_none_that_breaks_clients() -> None:
    drawn = {InstanceSecret().mint().text for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9]{27}=", text) for text in drawn)


@pytest.mark.parametrize(
    ("presented", "lookup"), [("", ""), ("anything", ""), ("a$b", None), ("$", None)]
)
def test_text_with_a_dollar_belongs_to_another_type(presented: str, lookup: str | None) -> None:
    assert InstanceSecret().recognise(presented) == lookup

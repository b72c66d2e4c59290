"""Sealed values in cookies, forms and URLs (D-42)."""

from __future__ import annotations

import pytest

from broker.credentials.browser_values import BrowserValues
from tests.support.digest_keys import NEWEST, OLDEST, FixedDigestKey, FixedDigestKeys

CONTENT = b"content"


def values(*keys: FixedDigestKey) -> BrowserValues:
    return BrowserValues(FixedDigestKeys(keys or (NEWEST,)))


def test_values_of_an_earlier_key_open() -> None:
    sealed = values(OLDEST).seal("attempt", CONTENT)
    assert values(NEWEST, OLDEST).open("attempt", sealed) == CONTENT
    assert values(NEWEST).open("attempt", sealed) is None


def test_a_value_opens_for_its_kind_and_owner_only() -> None:
    sealer = values()
    sealed = sealer.seal("attempt", CONTENT, "zone", "origin")
    assert CONTENT.decode() not in sealed
    assert sealed != sealer.seal("attempt", CONTENT, "zone", "origin")
    assert sealer.open("attempt", sealed, "zone", "origin") == CONTENT
    for kind, *owner in (
        ("pending", "zone", "origin"),
        ("attempt", "zone"),
        ("attempt", "zoneorigin", ""),
        ("attempt", "zone", "origin", ""),
    ):
        assert sealer.open(kind, sealed, *owner) is None


@pytest.mark.parametrize("text", ["", "A", "AAAA", "A" * 40, "%", "é", "A\n", "A" * 41, "=" * 8])
def test_any_other_text_opens_nothing(text: str) -> None:
    assert values().open("attempt", text) is None


def test_every_changed_character_is_noticed() -> None:
    sealer = values()
    sealed = sealer.seal("attempt", b"a")
    for at, character in enumerate(sealed):
        other = "A" if character != "A" else "B"
        changed = f"{sealed[:at]}{other}{sealed[at + 1 :]}"
        is_same = at == len(sealed) - 1  # unused bits of the last character
        assert is_same or sealer.open("attempt", changed) is None

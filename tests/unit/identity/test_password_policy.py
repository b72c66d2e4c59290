"""The rules for new passwords (I-17)."""

from __future__ import annotations

import pytest

from broker.errors import InvalidRequest
from broker.identity.password_policy import PasswordPolicy

NAMES = ("anna.miller-smith", "anna.miller@example.org", None, "zone-of-the-company-1")


def problem(password: str, min_length: int = 15) -> str:
    try:
        PasswordPolicy(min_length).require(password, NAMES)
    except InvalidRequest as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "vx81 mmr3 qs94 lwp2",
        "übergrößenträger im regen",
        "x7#Qm!" * 2 + "kD9@wZ" * 40,
    ],
)
def test_long_and_uncommon_passwords_are_accepted(password: str) -> None:
    assert problem(password[:256]) == ""


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("", "password: 0 characters; at least 15 characters"),
        ("vx81 mmr3 qs94", "password: 14 characters; at least 15 characters"),
        ("e\u0301" * 8, "password: 8 characters; at least 15 characters"),
        ("x" * 257, "password: more than 256 characters; at most 256 characters"),
        ("\ufdfa" * 100, "password: more than 256 characters; at most 256 characters"),
        ("correct horse\nbattery", "password: a control character; allowed: printable characters"),
        ("ANNA.miller@example.ORG", "password: the name of the user, the zone or the product"),
        ("zone-of-the-company-1", "password: the name of the user, the zone or the product"),
        ("passwordpassword", "password: a common or easily guessed password"),
        ("aaaaaaaaaaaaaaaaaaaa", "password: a common or easily guessed password"),
        ("anna.miller2026!", "password: a common or easily guessed password"),
    ],
)
def test_others_are_refused_with_found_and_allowed(password: str, text: str) -> None:
    found = problem(password)
    assert found.startswith(text)
    assert password[:14] not in found or not password


def test_short_passwords_may_be_allowed_but_no_common_ones() -> None:
    assert problem("qz7!kvx2wj", 8) == ""
    assert "common" in problem("motdepasse", 8)


def test_symbols_for_letters_take_no_exponential_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The score tries all combinations of the symbols that may stand for letters."""
    seen: list[str] = []

    def score(text: str, user_inputs: list[str]) -> dict[str, int]:
        assert len(text) <= 72
        seen.append(text)
        return {"score": 4}

    monkeypatch.setattr("zxcvbn.zxcvbn", score)
    assert problem("4@8({[<369&#!1|0$5+7%2z" * 4) == ""
    assert {char for char in seen[0] if not char.isalnum()} == {"@", "(", "{", "~"}

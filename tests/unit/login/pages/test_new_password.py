"""The fields of a new password."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from broker.identity.password_policy import PasswordPolicy, PasswordRefused
from broker.login.pages.language import MESSAGES, Texts
from broker.login.pages.new_password import new_password, refusal


@pytest.mark.parametrize(
    ("form", "password"),
    [
        ({"new_password": "a b", "new_password_repeated": "a b"}, "a b"),
        ({"new_password": "a", "new_password_repeated": "A"}, None),
        ({"new_password": "a"}, None),
        ({}, ""),
        ({"new_password": ["a", "a"], "new_password_repeated": "a"}, None),
    ],
)
def test_the_password_is_repeated(form: dict[str, Any], password: str | None) -> None:
    assert new_password(MultiDict(form)) == password


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("short", "The password is too short: at least 12 characters."),
        ("x" * 257, "The password is too long: at most 256 characters."),
        ("correct horse\x07battery", "The password contains a control character."),
        (
            "anna.schmidt@example.com",
            "The password must not be the name of the user, the zone or the product.",
        ),
        (
            "passwordpassword",
            "The password is common or easy to guess. Choose a less predictable one.",
        ),
    ],
)
def test_each_rule_has_a_message(password: str, text: str) -> None:
    policy = PasswordPolicy(min_length=12)
    with pytest.raises(PasswordRefused) as refused:
        policy.require(password, ["anna.schmidt@example.com"])
    message = refusal(refused.value, policy)
    assert Texts("en").of(message) == text
    assert message.key in MESSAGES["de"]

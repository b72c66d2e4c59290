"""The rules of users' names, e-mail addresses and ids (I-02, I-07, I-12)."""

from __future__ import annotations

import pytest

from broker.errors import InvalidRequest
from broker.identity.users.attributes import require_valid, usable, valid_origin

NAMES = {
    "empty": "",
    "too long": "a" * 256,
    "too long when folded": "\ufdfa" * 20,  # 18 characters each
    "NUL": "an\x00na",
    "line": "anna\n",
    "surrogate": "an\ud800na",
    "direction": "anna\u202etxt",
    "zero width": "an\u200bna",
    "blank at the end": "anna ",
    "blank": " ",
    "no-break space": "anna\u00a0",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_unusable_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        require_valid({"name": name})


@pytest.mark.parametrize("name", ["a", "Änna Müller", "anna@example.org", "a" * 255, "安娜"])
def test_usable_names_are_accepted(name: str) -> None:
    require_valid({"name": name, "email": "anna@example.org"})


EMAILS = {
    "no at": "anna",
    "two": "a@b@c",
    "no local part": "@b",
    "no domain": "a@",
    "too long": f"{'a' * 250}@b.de",
    "blank": "a b@c",
    "line": "a@b\n",
    "empty": "",
}


@pytest.mark.parametrize("email", EMAILS.values(), ids=EMAILS)
def test_unusable_addresses_are_refused_or_left_out(email: str) -> None:
    with pytest.raises(InvalidRequest, match="email"):
        require_valid({"email": email})
    assert usable({"email": email, "phone": None}) == {"email": None, "phone": None}


def test_every_invalid_attribute_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        require_valid({"name": "", "email": "a", "given_name": "\x1b[2J", "family_name": "M"})
    assert [each.path for each in refused.value.violations] == ["name", "email", "given_name"]
    assert "\x1b" not in str(refused.value)


def test_origins_have_one_spelling() -> None:
    assert [valid_origin(each) for each in ("ldap", "uaa", "corp")] == [
        *("sap.default", "sap.default", "corp")
    ]
    for wrong in ("", "Corp", "a/b", "a" * 37, "a" * 100_000):
        with pytest.raises(InvalidRequest, match="origin"):
            valid_origin(wrong)

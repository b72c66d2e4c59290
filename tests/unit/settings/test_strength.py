"""Weak secrets are recognised, random ones never refused (D-25)."""

from __future__ import annotations

import base64
import secrets

import pytest

from broker.runtime.state_directory import new_master_key
from broker.settings.master_keys import parse_master_keys
from broker.settings.strength import require_strong_keys, weakness_of_text

RANDOM = base64.b64decode("Zs6n5eC1eXUBl0YtMhfS6zX5k2m8xgM0R7aVq1uJ4pE=")


@pytest.mark.parametrize(
    ("secret", "weakness"),
    [
        ("x", "fewer than 16"),
        ("fifteen-letters", "fewer than 16"),
        ("  fifteen-letter  ", "fewer than 16"),
        ("x" * 40, "repeats one character"),
        ("Aq3kLp9zaaaaaaaaaaaaa", "repeats one character"),
        ("changeme-changeme", "repeats a pattern"),
        ("1234567890123456", "repeats a pattern"),
        ("abcabcabcabcabcabc", "repeats a pattern"),
        ("0123456789abcdef", "is a sequence"),
        ("zyxwvutsrqponmlkj", "is a sequence"),
        ("aabbccddeeffgghhii", "is a sequence"),
        ("acegikmoqsuwy{}~", "is a sequence"),
        ("axxaaxaxxaaaxxxaxa", "different values"),
    ],
)
def test_weak_texts(secret: str, weakness: str) -> None:
    assert weakness in (weakness_of_text(secret) or "")


@pytest.mark.parametrize(
    "secret", ["password-of-this-test", "broker-password-of-this-test", "correct horse battery"]
)
def test_long_texts_without_regularity_are_accepted(secret: str) -> None:
    assert weakness_of_text(secret) is None


@pytest.mark.parametrize(
    ("key", "weakness"),
    [
        (bytes(32), "repeats one byte"),
        (b"\xff" * 32, "repeats one byte"),
        (RANDOM[:16] + bytes(16), "repeats one byte"),
        (b"password".ljust(32, b"\0"), "repeats one byte"),
        (b"ab" * 16, "repeats a pattern"),
        (RANDOM[:13] * 2 + RANDOM[:6], "repeats a pattern"),
        (RANDOM[:16] * 2, "repeats a pattern"),
        (bytes(range(32)), "is a sequence"),
        (bytes(range(250, 256)) + bytes(range(26)), "is a sequence"),
        (bytes(range(96, 0, -3)), "is a sequence"),
        (b"aabbbacccabbcabcacbbacbacabbcaca", "different values"),
    ],
)
def test_weak_keys(key: bytes, weakness: str) -> None:
    with pytest.raises(ValueError, match=f"^key old .*{weakness}.*openssl rand -base64 32"):
        require_strong_keys({"k1": RANDOM, "old": key})


def test_one_key_under_two_ids_is_refused() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        require_strong_keys({"a": RANDOM, "b": RANDOM})


def test_random_values_are_never_refused() -> None:
    for _ in range(2000):
        require_strong_keys(parse_master_keys(new_master_key()))
        for text in (
            secrets.token_urlsafe(24),
            base64.b64encode(secrets.token_bytes(24)).decode(),
            secrets.token_hex(16),
            secrets.token_urlsafe(16),
        ):
            assert weakness_of_text(text) is None

"""Password hashes (I-14, I-16)."""

from __future__ import annotations

import pytest

from broker.errors import IntegrityViolated
from broker.identity.password_hash import (
    DUMMY_HASH,
    hash_password,
    needs_rehash,
    verify_password,
)

CHEAP = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$"


def test_a_hash_verifies_its_password_only() -> None:
    phc = hash_password("corre\u0301ct horse battery")
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(phc, "corr\u00e9ct horse battery")
    assert not verify_password(phc, "correct horse battery")
    assert not needs_rehash(phc)


def test_the_dummy_hash_costs_the_same() -> None:
    assert not needs_rehash(DUMMY_HASH)
    assert not verify_password(DUMMY_HASH, "")


def test_a_hash_with_other_parameters_is_verified_and_replaced() -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415 - the only use

    phc = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
    assert verify_password(phc, "secret")
    assert needs_rehash(phc)


def test_a_lone_surrogate_is_a_wrong_password() -> None:
    assert not verify_password(DUMMY_HASH, "\ud800")


@pytest.mark.parametrize(
    "phc",
    [
        "",
        "secret",
        "$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng",
        "$argon2id$v=19$m=8,t=11,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng",
        "$argon2id$v=19$m=64,t=1,p=8$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng",
        "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng",
    ],
)
def test_excessive_parameters_are_refused_before_hashing(phc: str) -> None:
    with pytest.raises(IntegrityViolated):
        verify_password(phc, "secret")


def test_a_damaged_hash_matches_nothing() -> None:
    assert not verify_password(f"{CHEAP}MTIzNDU2Nzg5MDEyMzQ1Ng", "secret")

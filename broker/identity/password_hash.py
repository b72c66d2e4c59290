"""Password hashes: argon2id in the PHC string format (I-14)."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from broker.errors import IntegrityViolated

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# OWASP's first choice; one thread, because each hash otherwise starts threads of its own.
_MEMORY_KIBIBYTES = 19_456
_ITERATIONS = 2
_THREADS = 1
_MAX_MEMORY_KIBIBYTES = 128 * 1024
_MAX_ITERATIONS = 10

DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$9wMRyyzSYdzl5X+oC+fFmQ$"
    "/FLmIr7Ut9fZDh2zQLTzzbmFDEqzPLvF5mdPEzT9bTY"
)
"""Verified for users without a password, so that they take the same time (I-16)."""


def normalized(password: str) -> str:
    """Return the form that is hashed: NFKC, so that keyboards with other encodings agree."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Return the PHC string of a new hash; takes about 60 ms and 19 MiB."""
    return _hasher().hash(_encoded(password))


def verify_password(phc: str, password: str) -> bool:
    """Return whether the password is that of the hash; takes as long as ``hash_password``.

    Raises IntegrityViolated for a hash with excessive parameters or of another format, which only
    a writer of the database can have stored.
    """
    from argon2 import Type, extract_parameters  # noqa: PLC0415 - commands start without it
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    try:
        parameters = extract_parameters(phc)
    except InvalidHashError:
        raise IntegrityViolated("a stored password hash is not a PHC string") from None
    if (
        parameters.type is not Type.ID
        or parameters.memory_cost > _MAX_MEMORY_KIBIBYTES
        or parameters.time_cost > _MAX_ITERATIONS
        or parameters.parallelism != _THREADS
    ):
        raise IntegrityViolated("a stored password hash has parameters that are not accepted")
    try:
        return _hasher().verify(phc, _encoded(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(phc: str) -> bool:
    """Return whether the hash has other parameters than new ones."""
    return _hasher().check_needs_rehash(phc)


def _encoded(password: str) -> bytes:
    # A lone surrogate in client input must yield a wrong password, not an error.
    return normalized(password).encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - commands start without it

    return PasswordHasher(
        time_cost=_ITERATIONS, memory_cost=_MEMORY_KIBIBYTES, parallelism=_THREADS
    )

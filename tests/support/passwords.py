"""Passwords of local users without the cost of real hashes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broker.errors import Busy
from broker.identity.password_hash import DUMMY_HASH

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

PASSWORD = "correct horse battery staple"


def fast_hash(password: str) -> str:
    """Return a hash that ``FastHashing`` verifies, in the format of real ones."""
    parameters = DUMMY_HASH.rpartition("$")[0]
    digest = hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
    return f"{parameters}${base64.b64encode(digest).decode().rstrip('=')}"


@dataclass
class FastHashing:
    """Records the verified hashes; may be told to be busy."""

    verified: list[str] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)
    is_full: bool = False
    is_late: bool = False

    def verify(self, phc: str, password: str, *, is_first: bool = False) -> bool:
        """Return whether the hash is that of the password."""
        if self.is_late:
            raise Busy("late")
        self.verified.append(phc)
        self.first.append(is_first)
        return phc == fast_hash(password)

    def hash(self, password: str, *, is_first: bool = True) -> str:
        """Return a new hash."""
        return fast_hash(password)

    def require_room(self, *, is_first: bool) -> None:
        """Raise Busy if told so."""
        if self.is_full and not is_first:
            raise Busy("full")


def set_fast_password(
    domain: Domain, user: User, password: str = PASSWORD, *, change_required: bool = False
) -> None:
    """Store the password of a user."""
    domain.transactions.run(
        lambda store: store.passwords.put(
            user, fast_hash(password), store.time(), change_required=change_required
        )
    )

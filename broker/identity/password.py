"""The stored password of a local user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class Password:
    """The password of a user; ``version`` is raised with each change, not by a rehash.

    ``hash`` is a PHC string. ``is_change_required``: an administrator demands a new password
    before the next logon (I-21).
    """

    hash: str
    version: int
    changed_at: datetime
    is_change_required: bool = False

"""The query for a page of users."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class UserQuery:
    """Selects users whose name and e-mail address contain the texts, regardless of case.

    Empty texts match all users. ``after``: origin and name of the last user of the previous page.
    """

    name: str = ""
    email: str = ""
    origin: str = ""
    after: tuple[str, str] | None = None
    limit: int = PAGE_SIZE

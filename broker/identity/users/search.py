"""The query for a page of users, and the attributes that a filter may name."""

from __future__ import annotations

from dataclasses import dataclass

from broker.identity.user import canonical_origin, folded
from broker.search.condition import Attribute, Kind, by_name

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


def ascii_lowered(text: str) -> str:
    """Return the text with the letters A to Z in lower case: how addresses are compared."""
    return text.translate(_LOWER)


_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


USER_ATTRIBUTES = by_name(
    Attribute("id", normal=str.lower),
    Attribute("userName", normal=folded),
    Attribute("origin", normal=str.lower, canonical=canonical_origin),
    Attribute("externalId"),
    Attribute("emails.value", normal=ascii_lowered),
    Attribute("active", Kind.FLAG),
    Attribute("verified", Kind.FLAG),
    Attribute("meta.created", Kind.TIME),
    Attribute("meta.lastModified", Kind.TIME),
    Attribute("lastLogonTime", Kind.TIME, takes_number=True),
)
"""What a filter of users may name; texts in the form in which they are stored."""

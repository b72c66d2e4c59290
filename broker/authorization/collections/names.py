"""Names of role collections: exact in the APIs, one per folded form in a zone (I-162)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from broker.errors import InvalidRequest
from broker.identity.user import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_NAME = 64
MAX_DESCRIPTION = 1000
_MAX_FOLDED = 255
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
"""Letters and marks that Unicode ignores by default; other invisible characters are formats."""

ADMINISTRATORS = "Subaccount Administrator"
VIEWERS = "Subaccount Viewer"
OPERATORS = "Operator"

NAME_RULE = f"1 to {MAX_NAME} printable characters, without spaces at the beginning and end"


def folded_name(name: str) -> str:
    """Return the form in which names are compared: NFKC, case folding, single spaces within.

    Invisible characters are left out. It is cut to the length of its column: NFKC makes some
    characters up to 18 times as long.
    """
    form = folded(_visible(folded(_visible(name))))
    return " ".join(form.split())[:_MAX_FOLDED].rstrip()


def _visible(text: str) -> str:
    return "".join(
        char for char in text if char not in _INVISIBLE and unicodedata.category(char) != "Cf"
    )


RESERVED = frozenset({folded_name(ADMINISTRATORS), folded_name(VIEWERS)})
"""The folded names of the built-in collections of every zone."""


def taken_names(
    names: Iterable[str], own: Iterable[str], others: Mapping[str, str]
) -> dict[str, str]:
    """Return those of the names that a descriptor may not declare, with the name they resemble.

    ``own`` are the names that the application has in the database, which stay; ``others`` are the
    names of other collections in the zone by their folded form.
    """
    known, taken = set(own), dict[str, str]()
    seen = {folded_name(name): name for name in known}
    for name in dict.fromkeys(names):
        form = folded_name(name)
        if form in RESERVED:
            taken[name] = others.get(form, name)
        elif name not in known:
            if (other := others.get(form) or seen.get(form)) is not None:
                taken[name] = other
            seen[form] = name
    return taken


def require_valid_name(path: str, name: str) -> None:
    """Raise InvalidRequest unless an administrator may give a collection this name."""
    if len(name) > MAX_NAME:
        raise InvalidRequest.at(path, f"{len(name)} characters", f"at most {MAX_NAME}")
    if not name or not name.isprintable() or name != name.strip() or not folded_name(name):
        raise InvalidRequest.at(path, f"the name {name!a}", NAME_RULE)


def require_valid_description(path: str, text: str) -> None:
    """Raise InvalidRequest for a text that is too long or contains control characters."""
    if len(text) > MAX_DESCRIPTION:
        raise InvalidRequest.at(path, f"{len(text)} characters", f"at most {MAX_DESCRIPTION}")
    if not all(char.isprintable() or char in "\n\t" for char in text):
        raise InvalidRequest.at(path, "a control character", "text")

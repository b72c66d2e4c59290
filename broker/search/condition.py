"""Conditions over the attributes of a listed resource, and the page of it that is requested."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

T = TypeVar("T")


class Operator(StrEnum):
    """The operators of a comparison, by their words in a filter."""

    EQUAL = "eq"
    CONTAINS = "co"
    STARTS_WITH = "sw"
    PRESENT = "pr"
    GREATER = "gt"
    AT_LEAST = "ge"
    LESS = "lt"
    AT_MOST = "le"


class Connective(StrEnum):
    """The words that combine conditions; ``and`` binds more closely."""

    AND = "and"
    OR = "or"


class Kind(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    """Compared by code points."""
    FLAG = "flag"
    """True or false, compared for equality only."""
    TIME = "time"
    """Compared to the millisecond, as the APIs show times."""


_ALL = frozenset(Operator)
OPERATORS = {
    Kind.TEXT: _ALL,
    Kind.FLAG: frozenset({Operator.EQUAL, Operator.PRESENT}),
    Kind.TIME: _ALL - {Operator.CONTAINS, Operator.STARTS_WITH},
}
"""The operators that apply to each kind."""


def _as_given(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that a filter may name; ``name`` is its spelling in the API.

    ``normal`` returns the form in which the store keeps a text of it, ``canonical`` the value for
    which a whole text in this form is another name. ``takes_number``: times may be given as
    milliseconds since 1970.
    """

    name: str
    kind: Kind = Kind.TEXT
    normal: Callable[[str], str] = field(default=_as_given, compare=False)
    canonical: Callable[[str], str] = field(default=_as_given, compare=False)
    takes_number: bool = False


Attributes = dict[str, Attribute]
"""Attributes by their names in lower case: a filter may spell them in any case."""


def by_name(*attributes: Attribute) -> Attributes:
    """Return the attributes by their names in lower case."""
    return {each.name.lower(): each for each in attributes}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The attribute with this name compared with a value, which is None for ``pr``.

    A text has its normal form; a time has whole milliseconds.
    """

    attribute: str
    operator: Operator
    value: str | bool | datetime | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """Conditions of which all (``and``) or at least one (``or``) must be true."""

    connective: Connective
    parts: tuple[Condition, ...]


Condition = Comparison | Combination


@dataclass(frozen=True, slots=True)
class Selection:
    """A page of the resources that meet the condition, None for all of them.

    Ordered by the attribute with the name ``order_by``, resources with equal values by their row
    ids. ``offset``: how many of them precede the page.
    """

    order_by: str
    condition: Condition | None = None
    is_descending: bool = False
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page, and the number of all resources that meet the condition."""

    items: Sequence[T]
    total: int

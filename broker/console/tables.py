"""Lists of pages: columns and cells, and the part of the list that the URL selects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_SIZE: Final = 50
MAX_EXPORTED: Final = 10_000
"""Rows of a CSV file."""

_MAX_PAGE = 100_000
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_SORT = re.compile(r"-?[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Listing:
    """The part of a list that the URL selects.

    ``text`` is searched for; ``sort`` is the name of a column, in descending order with
    ``is_descending``. A CSV file (``is_export``) has the first rows instead of a page.
    """

    text: str = ""
    sort: str = ""
    is_descending: bool = False
    number: int = 1
    is_export: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Listing:
        """Return what the parameters ``q``, ``sort``, ``page`` and ``format`` select.

        Invalid ones are ignored: they select nothing else than a page of the list.
        """
        sort, number = query.get("sort", ""), query.get("page", "")
        if not _SORT.fullmatch(sort):
            sort = ""
        return cls(
            text=query.get("q", "").strip(),
            sort=sort.removeprefix("-"),
            is_descending=sort.startswith("-"),
            number=min(int(number), _MAX_PAGE) if _NUMBER.fullmatch(number) else 1,
            is_export=query.get("format") == "csv",
        )

    @property
    def limit(self) -> int:
        """How many rows to read: one more than are shown, which tells that others exist."""
        return (MAX_EXPORTED if self.is_export else PAGE_SIZE) + 1

    @property
    def skip(self) -> int:
        """How many rows precede them."""
        return 0 if self.is_export else (self.number - 1) * PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Text:
    """A text; a ``detail`` is shown below it."""

    kind: ClassVar[str] = "text"
    text: str
    detail: str = ""

    @property
    def exported(self) -> str:
        """The text in a CSV file."""
        return self.text


@dataclass(frozen=True, slots=True)
class Code(Text):
    """A technical name."""

    kind: ClassVar[str] = "code"


@dataclass(frozen=True, slots=True)
class Words:
    """Short technical words, none of which is broken."""

    kind: ClassVar[str] = "words"
    words: tuple[str, ...]

    @property
    def exported(self) -> str:
        """The text in a CSV file."""
        return ", ".join(self.words)


@dataclass(frozen=True, slots=True)
class Link(Text):
    """A text that leads to a path of this console, with these parameters."""

    kind: ClassVar[str] = "link"
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """A number."""

    kind: ClassVar[str] = "count"
    number: int

    @property
    def exported(self) -> str:
        """The text in a CSV file."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class When:
    """A time; None is shown as the message ``absent``."""

    kind: ClassVar[str] = "when"
    at: datetime | None
    absent: str = "never"

    @property
    def exported(self) -> str:
        """The text in a CSV file."""
        return "" if self.at is None else f"{self.at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A short word of the message tables; ``tone`` is ``quiet``, ``good`` or ``bad``."""

    kind: ClassVar[str] = "mark"
    key: str
    tone: str = "quiet"

    @property
    def exported(self) -> str:
        """The text in a CSV file, the same in each language."""
        return self.key.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers per day, drawn as bars (the macro ``spark``); ``label`` is a message."""

    kind: ClassVar[str] = "chart"
    numbers: tuple[int, ...]
    label: Message

    @property
    def exported(self) -> str:
        """The text in a CSV file."""
        return " ".join(map(str, self.numbers))


@dataclass(frozen=True, slots=True)
class Action:
    """A link to what can be done with the row: the key of its text, and what it is about."""

    kind: ClassVar[str] = "action"
    key: str
    about: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def exported(self) -> str:
        """Nothing: a file cannot do it."""
        return ""


Cell = Text | Code | Words | Link | Count | When | Mark | Chart | Action


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the key of its heading; ``sort`` names it in the URL if the list can be sorted.

    ``is_number``: aligned at the end. ``is_minor``: narrower windows have no place for it.
    """

    key: str
    sort: str = ""
    is_number: bool = False
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice in the URL: parameter, and its values with the keys of their labels."""

    name: str
    key: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A list. The keys of messages: ``caption``, and ``empty`` for a list without rows.

    ``rows`` may have one row more than a page or a CSV file. ``searches``: whether it has a field
    for a text. ``older``: the value of the parameter ``before`` for the next part of a list that is
    not paged by numbers, '' at its end. ``note``: what the list leaves out.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    listing: Listing
    empty: Message
    searches: bool = False
    filters: tuple[Filter, ...] = ()
    is_paged: bool = True
    older: str = ""
    note: Message | None = None

    def is_narrowed(self, query: Mapping[str, str]) -> bool:
        """Return whether the URL with these parameters selects a part of the rows."""
        return bool(self.listing.text) or any(query.get(each.name) for each in self.filters)

    @property
    def everything(self) -> dict[str, str]:
        """The changes of the URL that select all rows."""
        return {"q": "", "page": "", **{each.name: "" for each in self.filters}}

    @property
    def shown(self) -> Sequence[tuple[Cell, ...]]:
        """The rows of the page."""
        return self.rows[:PAGE_SIZE] if self.is_paged else self.rows

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.is_paged and len(self.rows) > PAGE_SIZE

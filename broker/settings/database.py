"""The name of the database in messages, and mistakes in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_DRIVER = "postgresql+psycopg://"
_SQLITE = "sqlite:///"
_DEFAULT_PORT = 5432

PERCENT_ENCODING = (
    "the characters @ : / ? # % [ ] in user and password must be percent-encoded (@ as %40)"
)


@dataclass(frozen=True, slots=True)
class DatabaseName:
    """What identifies a database, without user and password."""

    kind: str
    """``SQLite`` or ``PostgreSQL``."""
    host: str
    """Host and port; '' for SQLite."""
    name: str
    """The file of SQLite, else the name of the database."""

    def __str__(self) -> str:
        """Return the name for messages."""
        return f"{self.kind} {self.name}{f' at {self.host}' if self.host else ''}"


def name_of(url: str) -> DatabaseName:
    """Return the name of the database with this URL; raise ValueError for a malformed URL."""
    if url.startswith("sqlite:"):
        return DatabaseName("SQLite", "", url.removeprefix(_SQLITE).partition("?")[0])
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return DatabaseName(
        "PostgreSQL", f"{shown}:{parts.port or _DEFAULT_PORT}", unquote(parts.path.strip("/"))
    )


def complete_url(url: str) -> str:
    """Return the URL with the driver that SQLAlchemy is to use; it knows no ``postgres``."""
    scheme, mark, rest = url.partition("://")
    return f"{_DRIVER}{rest}" if mark and scheme in {"postgres", "postgresql"} else url


def problem_of(url: str) -> str | None:
    """Return what is wrong with the URL, without quoting it; None if nothing is."""
    if url.startswith("sqlite:"):
        return None
    if not url.startswith(_DRIVER):
        return "must start with sqlite:/// or postgresql://"
    authority = url.partition("://")[2].partition("/")[0]
    if authority.count("@") > 1:
        return f"contains more than one @ before the host; {PERCENT_ENCODING}"
    try:
        name_of(url)
    except ValueError:
        return f"not a valid database URL; {PERCENT_ENCODING}"
    return None

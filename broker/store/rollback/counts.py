"""The counts of revocations in a SQLite database and in its file, and what they mean (D-62)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.errors import StoreUnavailable
from broker.store.tables.core import data_key
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from broker.store.rollback.revocation_file import RevocationFile

FILE_OPTION = "xsuaa_revocation_file"
"""Execution option of an engine: the file that counts its revocations."""

HELP = (
    "Run: python -m broker doctor reconcile (or doctor unlock, if nothing has been deleted since)."
)

MISSING = (
    "XSUAA_STATE_DIR: the directory has no count of the revocations in this database. Set it to the"
    " directory that the server used before. If the count is lost, or the database was moved, run:"
    " python -m broker doctor reconcile (or doctor unlock, if no older copy was put back)."
)

_IN_DATABASE = select(installation.c.revocations)
_HAS_KEYS = select(data_key.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class Counts:
    """Both counts; None where there is none."""

    in_database: int | None
    in_file: int | None

    @property
    def is_behind(self) -> bool:
        """Whether the database lacks revocations that the file has."""
        return (self.in_file or 0) > (self.in_database or 0)

    @property
    def is_missing(self) -> bool:
        """Whether the database was counted before and the file has no count."""
        return self.in_database is not None and self.in_file is None

    @property
    def problem(self) -> str | None:
        """Why the database must not serve, None if it may."""
        if self.is_behind:
            return (
                f"It was put back from a copy: it has {self.in_database or 0} revocations, the"
                f" state directory has counted {self.in_file}."
            )
        if self.is_missing:
            return "Its revocations are not counted in the state directory."
        return None


def put_back(found: Counts) -> StoreUnavailable:
    """Return the error for a database that is behind its file."""
    return StoreUnavailable(f"The database is locked. {found.problem} {HELP}")


def revocation_file(opened: Connection | Engine) -> RevocationFile | None:
    """Return the file that counts the revocations, None if it is not used (PostgreSQL)."""
    found: RevocationFile | None = opened.get_execution_options().get(FILE_OPTION)
    return found


def read_counts(connection: Connection, file: RevocationFile) -> Counts:
    """Return both counts; raise StoreUnavailable if the file cannot be read.

    The file is read first: with every commit the database is ahead of it for a moment.
    """
    while True:
        in_file = file.read()
        in_database = connection.execute(_IN_DATABASE).scalar_one()
        # Another process may have begun to count in between.
        if in_file is not None or in_database is None or file.read() is None:
            return Counts(in_database, in_file)


def is_new(connection: Connection) -> bool:
    """Return whether no server has run on the database: it has nothing that could be revoked."""
    return connection.execute(_HAS_KEYS).scalar() is None

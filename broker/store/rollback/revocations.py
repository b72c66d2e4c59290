"""Revocations of a transaction: counted in the database, after the commit in a file (D-62)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.errors import StoreUnavailable
from broker.store.rollback.counts import (
    MISSING,
    Counts,
    put_back,
    read_counts,
    revocation_file,
)
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Built once: building a statement takes longer than executing it.
_COUNT = (
    update(installation)
    .values(revocations=installation.c.revocations + 1)
    .returning(installation.c.revocations, installation.c.locked_because)
)


class Revocations:
    """Counts the revocations of one transaction, as one; does nothing on PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._file = revocation_file(connection)
        self._counted: int | None = None

    def count(self) -> None:
        """Count a revocation, to be called within the transaction.

        Raises StoreUnavailable if the database was put back from a copy, unless it is locked:
        its count would catch up with the file. The same if the file has no count.
        """
        if self._file is None or self._counted is not None:
            return
        in_file = self._file.read()
        counted, locked_because = self._connection.execute(_COUNT).one()
        before = Counts(None if counted is None else counted - 1, in_file)
        if locked_because is None and before.is_missing:
            raise StoreUnavailable(MISSING)
        if locked_because is None and before.is_behind:
            raise put_back(before)
        self._counted = counted

    def settle(self) -> None:
        """Count a revocation more than database and file have: the operator decided to go on."""
        if self._file is None:
            return
        found = read_counts(self._connection, self._file)
        if found == Counts(None, None):
            return
        self._counted = max(found.in_file or 0, found.in_database or 0) + 1
        self._connection.execute(update(installation).values(revocations=self._counted))

    def committed(self) -> None:
        """Store the count in the file, to be called after the commit and before the answer.

        Raises StoreUnavailable if that fails. The database is then ahead of the file, which does
        no harm: the next revocation or a background task of the server raises the file.
        """
        if self._file is not None and self._counted is not None:
            self._file.raise_to(self._counted)

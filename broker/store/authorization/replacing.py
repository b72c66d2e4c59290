"""Replacement of declared rows: those with an unchanged name or pair keep their row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.ids import new_row_id
from broker.store.database.deferred import execute_later

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, RowMapping, Table


@dataclass(frozen=True, slots=True)
class Replacing:
    """Replaces rows of an owner; ``is_new``: it has none yet, and nothing is read."""

    connection: Connection
    is_new: bool = False

    def by_name(
        self,
        table: Table,
        of_owner: ColumnElement[bool],
        desired: Mapping[str, Mapping[str, Any]],
        kept: Collection[int] = (),
    ) -> dict[str, int]:
        """Replace the owner's rows by ``desired`` (name → columns); return name → row id.

        Rows with an id in ``kept`` are never deleted.
        """
        rows = self._stored(table, of_owner)
        known = {row["name"]: row for row in rows}
        many(
            self.connection,
            delete(table).where(table.c.id == bindparam("row")),
            [
                {"row": row["id"]}
                for name, row in known.items()
                if name not in desired and row["id"] not in kept
            ],
        )
        ids = {name: known[name]["id"] if name in known else new_row_id() for name in desired}
        many(
            self.connection,
            insert(table),
            [
                {"id": ids[name], "name": name, **values}
                for name, values in desired.items()
                if name not in known
            ],
        )
        for name, values in desired.items():
            if name in known and not values.items() <= known[name].items():
                execute_later(
                    self.connection, update(table).where(table.c.id == ids[name]).values(**values)
                )
        return ids

    def pairs(
        self,
        table: Table,
        owner: str,
        owners: Collection[int],
        desired: Mapping[tuple[int, int], Mapping[str, Any]],
    ) -> None:
        """Replace the owners' pairs by ``desired`` ((owner, other) → columns)."""
        if not owners:
            return
        [other] = [
            column.name for column in table.c if column.foreign_keys and column.name != owner
        ]
        of_owners = table.c[owner].in_(list(owners))
        rows = self._stored(table, of_owners)
        known = {(row[owner], row[other]): row for row in rows}
        kept = {
            pair
            for pair, row in known.items()
            if pair in desired and desired[pair].items() <= row.items()
        }
        many(
            self.connection,
            delete(table).where(table.c.id == bindparam("row")),
            [{"row": row["id"]} for pair, row in known.items() if pair not in kept],
        )
        many(
            self.connection,
            insert(table),
            [
                {"id": new_row_id(), owner: pair[0], other: pair[1], **values}
                for pair, values in desired.items()
                if pair not in kept
            ],
        )

    def _stored(self, table: Table, of_owner: ColumnElement[bool]) -> Sequence[RowMapping]:
        if self.is_new:
            return []
        return self.connection.execute(select(table).where(of_owner)).mappings().all()


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute the statement for all rows, if there are any."""
    if rows:
        execute_later(connection, statement, rows)

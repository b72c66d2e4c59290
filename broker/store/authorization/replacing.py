"""Replacement of declared rows: those with an unchanged name or pair keep their row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.ids import new_row_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Table


def replace_by_name(
    connection: Connection,
    table: Table,
    of_owner: ColumnElement[bool],
    desired: Mapping[str, Mapping[str, Any]],
    kept: Collection[int] = (),
) -> dict[str, int]:
    """Replace the owner's rows by ``desired`` (name → columns); return name → row id.

    Rows with an id in ``kept`` are never deleted.
    """
    rows = connection.execute(select(table).where(of_owner)).mappings()
    known = {row["name"]: row for row in rows}
    many(
        connection,
        delete(table).where(table.c.id == bindparam("row")),
        [
            {"row": row["id"]}
            for name, row in known.items()
            if name not in desired and row["id"] not in kept
        ],
    )
    ids = {name: known[name]["id"] if name in known else new_row_id() for name in desired}
    many(
        connection,
        insert(table),
        [
            {"id": ids[name], "name": name, **values}
            for name, values in desired.items()
            if name not in known
        ],
    )
    for name, values in desired.items():
        if name in known and not values.items() <= known[name].items():
            connection.execute(update(table).where(table.c.id == ids[name]).values(**values))
    return ids


def replace_pairs(
    connection: Connection,
    table: Table,
    owner: str,
    owners: Collection[int],
    desired: Mapping[tuple[int, int], Mapping[str, Any]],
) -> None:
    """Replace the owners' pairs by ``desired`` ((owner, other) → columns)."""
    if not owners:
        return
    [other] = [column.name for column in table.c if column.foreign_keys and column.name != owner]
    of_owners = table.c[owner].in_(list(owners))
    rows = connection.execute(select(table).where(of_owners)).mappings()
    known = {(row[owner], row[other]): row for row in rows}
    kept = {
        pair
        for pair, row in known.items()
        if pair in desired and desired[pair].items() <= row.items()
    }
    many(
        connection,
        delete(table).where(table.c.id == bindparam("row")),
        [{"row": row["id"]} for pair, row in known.items() if pair not in kept],
    )
    many(
        connection,
        insert(table),
        [
            {"id": new_row_id(), owner: pair[0], other: pair[1], **values}
            for pair, values in desired.items()
            if pair not in kept
        ],
    )


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute the statement for all rows, if there are any."""
    if rows:
        connection.execute(statement, rows)

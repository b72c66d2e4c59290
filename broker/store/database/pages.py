"""Pages of a zone's rows that meet a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, String, func, select

from broker.store.database.conditions import sql_condition
from broker.store.tables.collation import by_code_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import (
        ColumnElement,
        Connection,
        Row,
        Select,
        Table,
        UnaryExpression,
    )

    from broker.identity.zone import Zone
    from broker.search.condition import Selection

# Clients form these statements, which must not displace others that were compiled.
_UNCACHED = {"compiled_cache": None}
_TOTAL = "number_of_rows"


@dataclass(frozen=True, slots=True)
class Listing:
    """A table whose rows belong to zones, and how they are listed.

    ``rows`` selects them, with what is joined to each of them; ``columns`` are the table's, by the
    names of the attributes in conditions.
    """

    table: Table
    rows: Select[*tuple[Any, ...]]
    columns: Mapping[str, ColumnElement[Any]]


def read_page(
    connection: Connection, listing: Listing, zone: Zone, selection: Selection
) -> tuple[Sequence[Row[*tuple[Any, ...]]], int]:
    """Return the rows of the page, and how many of the zone's rows meet the condition.

    One statement, and another for the number if there is a condition and the number does not follow
    from the page: it may take as long as the page.
    """
    matching = _matching(listing, zone, selection)
    counted = select(func.count()).select_from(listing.table).where(*matching)
    page = _page(listing, zone, selection)
    if selection.condition is None:
        page = page.add_columns(counted.scalar_subquery().label(_TOTAL))
    found = connection.execute(page, execution_options=_UNCACHED).all()
    if found and selection.condition is None:
        return found, getattr(found[0], _TOTAL)
    is_last = len(found) < selection.limit
    if is_last and (found or not selection.offset):
        return found, selection.offset + len(found)
    total: int = connection.execute(counted, execution_options=_UNCACHED).scalar_one()
    # Rows may have been deleted between the statements.
    return found, max(total, selection.offset + len(found) if found else 0)


def read_rows(
    connection: Connection, listing: Listing, zone: Zone, selection: Selection
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the rows of the page, without reading others to count them."""
    page = _page(listing, zone, selection)
    return connection.execute(page, execution_options=_UNCACHED).all()


def _page(listing: Listing, zone: Zone, selection: Selection) -> Select[*tuple[Any, ...]]:
    # Found by their indexes alone: rows before the page are not read.
    ids = page_ids(listing, zone, selection)
    return listing.rows.where(listing.table.c.id.in_(ids)).order_by(*_order(listing, selection))


def page_ids(listing: Listing, zone: Zone, selection: Selection) -> Select[int]:
    """Return the statement that finds the ids of the page's rows, in their order."""
    return (
        select(listing.table.c.id)
        .where(*_matching(listing, zone, selection))
        .order_by(*_order(listing, selection))
        .limit(selection.limit)
        .offset(selection.offset)
    )


def _matching(
    listing: Listing, zone: Zone, selection: Selection
) -> tuple[ColumnElement[bool], ...]:
    of_zone = listing.table.c.zone_row_id == zone.row_id
    if selection.condition is None:
        return (of_zone,)
    return of_zone, sql_condition(selection.condition, listing.columns)


def _order(listing: Listing, selection: Selection) -> tuple[UnaryExpression[Any], ...]:
    """Order texts by code points; rows without value come first, in descending order last."""
    column, row_id = listing.columns[selection.order_by], listing.table.c.id
    value = by_code_points(column) if isinstance(column.type, String) else column
    ordered = value.desc() if selection.is_descending else value.asc()
    if not isinstance(column, Column) or column.nullable:
        # Only where it matters: PostgreSQL reads no index in this order.
        ordered = ordered.nulls_last() if selection.is_descending else ordered.nulls_first()
    return ordered, row_id.desc() if selection.is_descending else row_id.asc()

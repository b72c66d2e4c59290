"""Counters of failed logons in the database, shared by all hosts (I-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.authentication.passwords.throttle import BUDGETS, Counter, Slot
from broker.store.tables.identity import throttle_counter as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


class ThrottleCounterTable:
    """Reads and writes counters within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def locked(self, slots: Iterable[Slot]) -> Mapping[Slot, Counter]:
        """Return the counters that exist, locked until the commit."""
        query = select(table).where(_are(slots)).order_by(table.c.budget, table.c.slot)
        rows = self._connection.execute(query.with_for_update())
        return {
            Slot(row.budget, row.slot): Counter(
                row.failures, row.first_failure_at, row.last_failure_at
            )
            for row in rows
        }

    def add(self, slots: Iterable[Slot], now: datetime) -> Mapping[Slot, int]:
        """Count a failure in each; return the numbers of failures."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        values = [
            {
                "budget": slot.budget,
                "slot": slot.number,
                "failures": 1,
                "first_failure_at": now,
                "last_failure_at": now,
            }
            # In the order in which all transactions lock them.
            for slot in sorted(set(slots))
        ]
        insert = dialect.insert(table).values(values)
        rows = self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=[table.c.budget, table.c.slot],
                set_={"failures": table.c.failures + 1, "last_failure_at": now},
            ).returning(table.c.budget, table.c.slot, table.c.failures)
        )
        return {Slot(row.budget, row.slot): row.failures for row in rows}

    def subtract(self, slots: Iterable[Slot]) -> None:
        """Take one failure back in each."""
        if given := sorted(set(slots)):
            self._connection.execute(
                update(table)
                .where(_are(given), table.c.failures > 0)
                .values(failures=table.c.failures - 1)
            )

    def delete(self, slots: Iterable[Slot]) -> None:
        """Forget all failures of each."""
        if given := sorted(set(slots)):
            self._connection.execute(delete(table).where(_are(given)))

    def purge(self, now: datetime) -> int:
        """Delete the counters that have ended; return how many."""
        ended = [
            and_(
                table.c.budget == budget.name,
                (table.c.last_failure_at if budget.delay else table.c.first_failure_at)
                <= now - budget.kept,
            )
            for budget in BUDGETS
        ]
        return self._connection.execute(delete(table).where(or_(*ended))).rowcount


def _are(slots: Iterable[Slot]) -> ColumnElement[bool]:
    return tuple_(table.c.budget, table.c.slot).in_([tuple(slot) for slot in slots])

"""Reading and adding counts of failed authentications (D-23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.authentication.refused_attempts import RefusedAttempts
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.tokens import refused_attempt as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from broker.authentication.refused_attempts import WithRefusedAttempts
    from broker.transactions import Transactions


class StoredRefusals:
    """The counts of failed authentications of all processes."""

    def __init__(self, engine: Engine, transactions: Transactions[WithRefusedAttempts]) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)
        self._transactions = transactions

    def add(self, refused: Sequence[RefusedAttempts]) -> None:
        """Add the counts to those of other processes."""
        self._transactions.run(lambda repositories: repositories.refused_attempts.add(refused))

    def newest(self, limit: int) -> list[RefusedAttempts]:
        """Return the newest rows, the oldest of them first."""
        newest = select(table).order_by(table.c.minute.desc(), table.c.source).limit(limit)
        with translating(), self._engine.connect() as connection:
            rows = connection.execute(newest).all()
        return [
            RefusedAttempts(row.minute, row.source, row.reason, row.client_id, row.attempts)
            for row in reversed(rows)
        ]

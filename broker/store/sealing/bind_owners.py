"""Binding of all stored values to their owners, once, while servers run (D-52)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.store.audit import audited
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.database.operation_lock import lock
from broker.store.sealing.data_keys import Purpose, binding_of
from broker.store.sealing.owned_columns import sealed_columns
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.owner_checks import (
    Finding,
    broken_references,
    count_checks,
    owner_problems,
)
from broker.store.sealing.reseal import Reseal, Resealed
from broker.store.sealing.sealed import OWNER_BOUND
from broker.store.sealing.sealed_values import SealedValues
from broker.store.sealing.transaction_keys import LOCKED_FOR_AN_ADVANCE
from broker.store.tables.core import credential, data_key, service_instance
from broker.tokens.ports import KEYS_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys

_PASSES = 3
_MAX_NAMED = 20


@dataclass(slots=True)
class BoundOwners:
    """The result: what contradicts its owner, or what was bound and what is left to bind."""

    was_finished: bool = False
    contradictions: Sequence[Finding] = ()
    done: Resealed = field(default_factory=Resealed)
    left: Sequence[str] = ()
    """Values that an earlier version beside has written in the meantime, at most 20."""


class BindOwners:
    """Compares all values with their owners, then binds them; can be interrupted and repeated.

    The start adds data keys whose values are bound to owners: from its commit on, servers of this
    version write only such values (``TransactionKeys``), and read both. All values are then sealed
    and digested again. The finish commits if no other value is left; from then on, servers refuse
    the former format. Both states are part of the wrapping of the data keys.
    """

    def __init__(self, engine: Engine, keys: DataKeys) -> None:
        """``keys`` are reloaded, so that the newest ones are used."""
        self._engine = engine
        self._keys = keys
        keys.load()

    def total(self) -> int:
        """Return how many values one run checks and binds."""
        checks = count_checks(SealedValues(self._engine))
        return checks + Reseal(self._engine, self._keys).total()

    def compare(self, advance: Callable[[int], None]) -> BoundOwners:
        """Only compare; ``advance`` is called with the number of values checked since."""
        if self._keys.binding is OwnerBinding.FINISHED:
            return BoundOwners(was_finished=True)
        return BoundOwners(contradictions=self._contradictions(advance))

    def _contradictions(self, advance: Callable[[int], None]) -> list[Finding]:
        with translating(), self._reading() as connection:
            broken = list(broken_references(connection))
        return [*broken, *owner_problems(SealedValues(self._engine, advance), self._keys)]

    def __call__(self, actor: Actor, advance: Callable[[int], None]) -> BoundOwners:
        """Run; a value that contradicts its owner is found before anything is changed.

        Raises IntegrityViolated for a value that is manipulated during the run.
        """
        result = self.compare(advance)
        if result.was_finished or result.contradictions:
            return result
        self._start(actor)
        for _ in range(_PASSES):
            done = Reseal(self._engine, self._keys)(actor, advance, owners_compared=True)
            result.done.add(done)
            result.left = self._finish(actor)
            if not result.left:
                break
        return result

    def _start(self, actor: Actor) -> None:
        with audited(self._engine) as (connection, trail):
            if self._lock(connection).is_bound:
                return
            self._rebind(connection, OwnerBinding.SUPERSEDED)
            now = database_time(connection)
            for purpose in Purpose:
                self._keys.add(connection, purpose, now, OwnerBinding.STARTED)
            details = {"binding": OwnerBinding.STARTED}
            trail.append(AuditEvent(Action.BIND_OWNERS, actor, DATABASE, now, details))
        self._keys.load()

    def _finish(self, actor: Actor) -> Sequence[str]:
        """Finish if every value is bound; return those that are not."""
        with self._reading() as connection:
            # Before the lock, during which no server writes values.
            if left := _left(connection):
                return left
        with audited(self._engine) as (connection, trail):
            if self._lock(connection) is OwnerBinding.FINISHED:
                return []
            if left := _left(connection):
                return left
            self._rebind(connection, OwnerBinding.FINISHED)
            now, details = database_time(connection), {"binding": OwnerBinding.FINISHED}
            trail.append(AuditEvent(Action.BIND_OWNERS, actor, DATABASE, now, details))
        self._keys.load()
        return []

    @staticmethod
    def _lock(connection: Connection) -> OwnerBinding:
        """Wait for transactions that write values; return the binding, which cannot advance."""
        lock(connection, KEYS_LOCK)
        connection.execute(LOCKED_FOR_AN_ADVANCE).all()
        return binding_of(connection)

    def _rebind(self, connection: Connection, binding: OwnerBinding) -> None:
        for row in connection.execute(select(data_key)).all():
            connection.execute(
                update(data_key)
                .where(data_key.c.id == row.id)
                .values(**self._keys.rebound(row, binding))
            )

    def _reading(self) -> Connection:
        return self._engine.connect().execution_options(**READ_OPTIONS)


def _left(connection: Connection) -> list[str]:
    """Return values that are not bound to their owners, at most 20."""
    found: list[str] = []
    for text in _unbound(connection):
        found.append(text)
        if len(found) == _MAX_NAMED:
            break
    return found


def _unbound(connection: Connection) -> Iterator[str]:
    for each in sealed_columns():
        version = func.substr(each.column, 1, len(OWNER_BOUND))
        rows = connection.execute(
            select(each.table.c.id)
            .where(each.column.is_not(None), version != OWNER_BOUND)
            .limit(_MAX_NAMED)
        )
        yield from (f"{each.table.name}.{each.column.name} of row {row.id}" for row in rows.all())
    for table in (credential, service_instance):
        rows = connection.execute(
            select(table.c.id).where(table.c.owner_mac.is_(None)).limit(_MAX_NAMED)
        )
        yield from (f"{table.name} {row.id}" for row in rows.all())

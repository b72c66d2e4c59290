"""Re-encryption of all values with the newest data keys while servers run (D-12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.credentials.digest import digest
from broker.errors import IntegrityViolated
from broker.store.audit import audited
from broker.store.database.engine import database_time
from broker.store.database.faults import translating
from broker.store.sealing.sealed import Place, Sealer
from broker.store.sealing.sealed_values import SealedValues, digested_text, wrong_digest
from broker.store.tables.core import credential

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sqlalchemy import Column, Engine, Row, Table

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys


@dataclass(slots=True)
class Resealed:
    """The result of a run: numbers of changed values and digests."""

    values: int = 0
    digests: int = 0
    without_text: list[str] = field(default_factory=list)
    """Bindings with an unchanged digest, because their secret is not stored (``hide-secret``)."""


class Reseal:
    """Reseals and redigests all values; can be interrupted and repeated.

    A value is replaced only if it has not changed since it was read, so that concurrent changes and
    deletions take precedence.
    """

    def __init__(self, engine: Engine, keys: DataKeys) -> None:
        """``keys`` are reloaded, so that the newest ones are used."""
        self._engine = engine
        self._keys = keys
        self._sealer = Sealer(keys)
        keys.load()

    def total(self) -> int:
        """Return how many values will be checked."""
        values = SealedValues(self._engine)
        return values.count_envelopes() + values.count_digests()

    def __call__(self, actor: Actor, advance: Callable[[int], None]) -> Resealed:
        """Run; call ``advance`` with the number of values checked since the last call.

        Raises IntegrityViolated for a manipulated value, which stays unchanged.
        """
        done = Resealed()
        try:
            self._reseal_all(done, SealedValues(self._engine, advance))
        finally:
            # An interrupted run is audited, too: its changes are committed.
            self._audit(actor, done)
        return done

    def _reseal_all(self, done: Resealed, values: SealedValues) -> None:
        for table, column, rows in values.envelopes():
            done.values += self._reseal(table, column, rows)
        self._delete_expired_previous_digests()
        for rows in values.digests():
            self._redigest(rows, done)

    def _audit(self, actor: Actor, done: Resealed) -> None:
        if not (done.values or done.digests):
            return
        details = {"values": done.values, "digests": done.digests}
        with audited(self._engine) as (connection, trail):
            now = database_time(connection)
            trail.append(AuditEvent(Action.RESEAL_DATA, actor, DATABASE, now, details))

    def _reseal(
        self, table: Table, column: Column[bytes], rows: Sequence[Row[*tuple[Any, ...]]]
    ) -> int:
        old = [(row.id, row[1]) for row in rows if not self._sealer.is_current(row[1])]
        count = 0
        # One transaction per value, so that other writers wait for one value at most.
        for row_id, envelope in old:
            place = Place(table.name, column.name, row_id)
            new = self._sealer.seal(self._sealer.open(envelope, place), place)
            with translating(), self._engine.begin() as connection:
                count += connection.execute(
                    update(table)
                    .where(table.c.id == row_id, column == envelope)
                    .values({column.name: new})
                ).rowcount
        return count

    def _redigest(self, rows: Sequence[Row[*tuple[Any, ...]]], done: Resealed) -> None:
        key = self._keys.newest_digest_key()
        for row in rows:
            if row.digest_key_id == key.id:
                continue
            text = digested_text(row, self._sealer)
            if text is None:
                done.without_text.append(f"{row.binding_id} of {row.service_instance_guid}")
                continue
            old, type_ = self._keys.digest_key(row.digest_key_id), row.type
            if digest(old.secret, row.id, row.client_id, type_, text) != row.digest:
                # A new digest would make a manipulated row valid.
                raise IntegrityViolated(wrong_digest(row))
            with translating(), self._engine.begin() as connection:
                done.digests += connection.execute(
                    update(credential)
                    .where(credential.c.id == row.id, credential.c.digest == row.digest)
                    .values(
                        digest=digest(key.secret, row.id, row.client_id, type_, text),
                        digest_key_id=key.id,
                    )
                ).rowcount

    def _delete_expired_previous_digests(self) -> None:
        """Delete digests of previous secrets that have expired: they depend on a data key."""
        with translating(), self._engine.begin() as connection:
            connection.execute(
                update(credential)
                .where(credential.c.previous_until <= database_time(connection))
                .values(previous_digest=None, previous_digest_key_id=None, previous_until=None)
            )

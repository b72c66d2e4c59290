"""Re-encryption of all values with the newest data keys while servers run (D-12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.credentials.digest import digest
from broker.credentials.owner_mac import owner_mac, previous_owner_mac
from broker.errors import IntegrityViolated, StateConflict
from broker.store.audit import audited
from broker.store.database.engine import database_time
from broker.store.database.faults import translating
from broker.store.sealing.owned_columns import OWNED_INSTANCES, instance_owner
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.owner_macs import (
    NO_PREVIOUS,
    OWNED_DIGESTS,
    credential_owner,
    digest_columns,
    has_owner,
    instance_columns,
    lock_credentials,
    require_instance_owner,
    wrong_owner,
)
from broker.store.sealing.sealed import Sealer
from broker.store.sealing.sealed_values import SealedValues, digested_text, wrong_digest
from broker.store.tables.core import credential, service_instance

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy import Engine

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.sealing.owned_columns import AnyRow, SealedColumn
    from broker.store.sealing.sealed_values import Rows


@dataclass(slots=True)
class Resealed:
    """The result of a run: numbers of changed values and digests, and of codes of other rows."""

    values: int = 0
    digests: int = 0
    owners: int = 0
    without_text: list[str] = field(default_factory=list)
    """Bindings with an unchanged digest, because their secret is not stored (``hide-secret``)."""

    def add(self, other: Resealed) -> None:
        """Add the numbers of another run; its list replaces the former one."""
        self.values += other.values
        self.digests += other.digests
        self.owners += other.owners
        self.without_text = other.without_text


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
        return values.count_envelopes() + values.count_digests() + values.count_instances()

    def __call__(
        self, actor: Actor, advance: Callable[[int], None], *, owners_compared: bool = False
    ) -> Resealed:
        """Run; call ``advance`` with the number of values checked since the last call.

        ``owners_compared``: whether all values were compared with their owners before. Raises
        StateConflict if they must be but were not, because owners are being bound, and
        IntegrityViolated for a manipulated value, which stays unchanged.
        """
        if self._keys.binding is OwnerBinding.STARTED and not owners_compared:
            raise StateConflict(
                "Binding of values to their owners has started: complete it first with data-keys"
                " bind-owners, which reseals all values."
            )
        done = Resealed()
        try:
            self._reseal_all(done, SealedValues(self._engine, advance))
        finally:
            # An interrupted run is audited, too: its changes are committed.
            self._audit(actor, done)
        return done

    def _reseal_all(self, done: Resealed, values: SealedValues) -> None:
        for column, envelopes in values.envelopes():
            done.values += self._reseal(column, envelopes)
        self._delete_expired_previous_digests()
        for digests in values.digests():
            for row in digests:
                self._redigest(row, done)
        for instances in values.instances():
            done.owners += sum(map(self._bind_instance, instances))

    def _audit(self, actor: Actor, done: Resealed) -> None:
        details = {"values": done.values, "digests": done.digests, "owners": done.owners}
        if not any(details.values()):
            return
        with audited(self._engine) as (connection, trail):
            now = database_time(connection)
            trail.append(AuditEvent(Action.RESEAL_DATA, actor, DATABASE, now, details))

    def _reseal(self, column: SealedColumn, rows: Rows) -> int:
        old = [row for row in rows if not self._sealer.is_current(row.envelope)]
        count = 0
        # One transaction per value, so that other writers wait for one value at most.
        for row in old:
            place = column.place(row)
            content = self._sealer.open(row.envelope, place)
            if contradiction := column.contradiction(row, content):
                # A new envelope would make a manipulated row valid.
                raise IntegrityViolated(f"{place}: {contradiction}")
            new = self._sealer.seal(content, place)
            with translating(), self._engine.begin() as connection:
                count += connection.execute(
                    update(column.table)
                    .where(column.table.c.id == row.id, column.column == row.envelope)
                    .values({column.column.name: new})
                ).rowcount
        return count

    def _redigest(self, row: AnyRow, done: Resealed) -> None:
        """Digest with the newest key; without the text, at least make the code of the owner."""
        key = self._keys.newest_digest_key()
        is_current = row.digest_key_id == key.id
        lacks_code = row.owner_mac is None and key.is_owner_bound
        if is_current and not lacks_code:
            return
        if not has_owner(self._keys, row):
            raise IntegrityViolated(wrong_owner(row))
        text = digested_text(row, self._sealer)
        if text is None:
            if not is_current:
                done.without_text.append(f"{row.binding_id} of {row.service_instance_guid}")
            if lacks_code:
                done.owners += self._write(row, self._code_columns(row))
            return
        old = self._keys.digest_key(row.digest_key_id)
        if digest(old.secret, row.id, row.client_id, row.type, text) != row.digest:
            # A new digest would make a manipulated row valid.
            raise IntegrityViolated(wrong_digest(row))
        columns = digest_columns(key, credential_owner(row), text)
        done.digests += self._write(row, self._code_columns(row) | columns)

    def _code_columns(self, row: AnyRow) -> dict[str, Any]:
        """Return the columns with the codes of the digests of the row; none before the start."""
        if not self._keys.newest_digest_key().is_owner_bound:
            return {}
        owner, key = credential_owner(row), self._keys.digest_key(row.digest_key_id)
        columns: dict[str, Any] = {"owner_mac": owner_mac(key.secret, owner, row.digest)}
        if row.previous_digest is not None and row.previous_owner_mac is None:
            former = self._keys.digest_key(row.previous_digest_key_id)
            # Of a key whose values are bound, it lost its code: a new one would make it valid.
            if not former.is_owner_bound:
                covered = owner, row.previous_digest, row.previous_until
                columns["previous_owner_mac"] = previous_owner_mac(former.secret, *covered)
        return columns

    def _write(self, row: AnyRow, columns: dict[str, Any]) -> int:
        """Update the credential unless it, or its client, has changed since it was read."""
        which = credential.c.id == row.id
        with translating(), self._engine.begin() as connection:
            lock_credentials(connection, which)
            now = connection.execute(OWNED_DIGESTS.where(which)).one_or_none()
            # The columns of OWNED_DIGESTS are the first ones of the row.
            if now is None or tuple(now) != tuple(row)[: len(now)]:
                return 0
            connection.execute(update(credential).where(which).values(columns))
        return 1

    def _bind_instance(self, row: AnyRow) -> bool:
        key = self._keys.newest_digest_key()
        if not key.is_owner_bound or row.owner_digest_key_id == key.id:
            return False
        # A new code would make a manipulated row valid.
        require_instance_owner(self._keys, instance_owner(row), row)
        which = service_instance.c.id == row.id
        with translating(), self._engine.begin() as connection:
            # Read by a later statement, as in lock_credentials.
            connection.execute(select(service_instance.c.id).where(which).with_for_update()).all()
            now = connection.execute(OWNED_INSTANCES.where(which)).one_or_none()
            if now is None or now != row:
                return False
            columns = instance_columns(key, instance_owner(row))
            connection.execute(update(service_instance).where(which).values(columns))
        return True

    def _delete_expired_previous_digests(self) -> None:
        """Delete digests of previous secrets that have expired: they depend on a data key."""
        with translating(), self._engine.begin() as connection:
            connection.execute(
                update(credential)
                .where(credential.c.previous_until <= database_time(connection))
                .values(NO_PREVIOUS)
            )

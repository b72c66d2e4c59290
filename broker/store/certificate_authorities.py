"""Certificate authorities (CAs) in the database, with sealed private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, insert, select, update

from broker.ids import new_row_id
from broker.pki.issuing import Role, StoredAuthority
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.sealing.sealed import Place, Sealer
from broker.store.tables.core import certificate_authority as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Row

_LOCK = "certificate authorities of this database"


class AuthorityTable:
    """Reads and writes CAs."""

    def __init__(self, connection: Connection, sealer: Sealer, lock: Callable[[str], None]) -> None:
        """``lock`` acquires an operation lock by name in the connection's transaction."""
        self._connection = connection
        self._sealer = sealer
        self._lock = lock
        self.added: list[StoredAuthority] = []

    def lock(self) -> None:
        """Lock the CAs against changes by other transactions until this one ends."""
        self._lock(_LOCK)

    def all(self) -> list[StoredAuthority]:
        """Return all CAs, the oldest first."""
        rows = self._connection.execute(select(table).order_by(table.c.created_at)).all()
        return [self._authority_of(row) for row in rows]

    def add(self, authority: StoredAuthority) -> None:
        """Insert a CA."""
        row_id, sealed = new_row_id(), None
        if authority.private_key is not None:
            sealed = self._sealer.seal(authority.private_key, _private_key_of(row_id))
        self._connection.execute(
            insert(table).values(
                id=row_id,
                role=authority.role,
                certificate=authority.certificate,
                thumbprint=authority.thumbprint,
                sealed_private_key=sealed,
                created_at=authority.created_at,
            )
        )
        self.added.append(authority)

    def delete_key(self, authority: StoredAuthority) -> None:
        """Delete the private key of the CA."""
        self._connection.execute(
            update(table)
            .where(table.c.thumbprint == authority.thumbprint)
            .values(sealed_private_key=None)
        )

    def _authority_of(self, row: Row[*tuple[Any, ...]]) -> StoredAuthority:
        private_key = None
        if row.sealed_private_key is not None:
            private_key = self._sealer.open(row.sealed_private_key, _private_key_of(row.id))
        return StoredAuthority(Role(row.role), row.certificate, private_key, row.created_at)


class OwnAuthorities:
    """Loads the certificates of the broker's own CAs, which verifiers trust."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def __call__(self) -> list[str]:
        """Return the currently committed certificates as PEM, the oldest first."""
        with translating(), self._engine.connect() as connection:
            rows = connection.execute(select(table.c.certificate).order_by(table.c.created_at))
            return [row.certificate for row in rows.all()]


def _private_key_of(row_id: int) -> Place:
    return Place(table.name, table.c.sealed_private_key.name, row_id)

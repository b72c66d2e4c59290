"""Devices, networks and clients of earlier logons in the database (D-41)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.authentication.passwords.sources import (
    KEPT,
    MAX_SOURCES,
    RENEWED_AFTER,
    Known,
    SourceKind,
)
from broker.ids import new_row_id
from broker.store.tables.identity import known_source as table
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.authentication.passwords.sources import Source
    from broker.identity.user import User
    from broker.identity.zone import Zone


class KnownSourceTable:
    """Reads and writes known sources within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(
        self, zone: Zone, user_row_id: int, sources: Sequence[Source], now: datetime
    ) -> Known:
        """Return what is known; for the row id 0, of no user, with the same work."""
        valid = table.c.expires_at > now
        lookups = {source.kind: source.lookups for source in sources}
        of_user = [
            (table.c.kind == kind) & table.c.lookup.in_(texts) for kind, texts in lookups.items()
        ]
        spared = (
            select(table.c.id)
            .join(shadow_user, shadow_user.c.id == table.c.user_row_id)
            .where(
                valid,
                shadow_user.c.zone_row_id == zone.row_id,
                or_(
                    *(
                        (table.c.kind == kind) & table.c.lookup.in_(lookups.get(kind, ()))
                        for kind in (SourceKind.NETWORK, SourceKind.CLIENT)
                    )
                ),
            )
        )
        rows = self._connection.execute(
            select(table.c.kind, table.c.lookup, table.c.last_used_at).where(
                valid, table.c.user_row_id == user_row_id, or_(*of_user)
            )
        ).all()
        is_spared = self._connection.execute(spared.limit(1)).first() is not None
        fresh = {
            row.kind
            for row in rows
            if row.last_used_at + RENEWED_AFTER > now and row.lookup == lookups[row.kind][0]
        }
        present = {kind for kind, texts in lookups.items() if texts}
        return Known(frozenset(row.kind for row in rows), is_spared, frozenset(present - fresh))

    def remember(self, user: User, sources: Sequence[Source], now: datetime) -> None:
        """Store the sources for ``KEPT``, at most ``MAX_SOURCES`` of each kind."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        for source in sources:
            if not source.lookups:
                continue
            insert = dialect.insert(table).values(
                id=new_row_id(),
                user_row_id=user.row_id,
                kind=source.kind,
                lookup=source.lookups[0],
                last_used_at=now,
                expires_at=now + KEPT,
            )
            self._connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[table.c.user_row_id, table.c.kind, table.c.lookup],
                    set_={"last_used_at": now, "expires_at": now + KEPT},
                )
            )
            of_kind = (table.c.user_row_id == user.row_id) & (table.c.kind == source.kind)
            beyond = (
                select(table.c.id)
                .where(of_kind)
                .order_by(table.c.last_used_at.desc(), table.c.id)
                .offset(MAX_SOURCES)
            )
            ids = self._connection.execute(beyond).scalars().all()
            if ids:
                self._connection.execute(delete(table).where(table.c.id.in_(ids)))

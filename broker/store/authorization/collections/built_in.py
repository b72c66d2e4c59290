"""The built-in applications in the database (D-56)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import cast, delete, exists, insert, literal, select, update

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.names import RESERVED, folded_name
from broker.identity.client import Client
from broker.identity.zone import OPERATOR_INDEX
from broker.ids import new_row_id
from broker.store.authorization.collections.declared import IS_IN_USE
from broker.store.database.deferred import execute_later
from broker.store.tables.core import client, zone
from broker.store.tables.declared import role_collection
from broker.store.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from broker.authorization.ports import Roles
    from broker.identity.zone import Zone


class BuiltInTable:
    """Creates the built-in application of each zone."""

    def __init__(
        self, connection: Connection, roles: Roles, operator_zone: Callable[[], Zone]
    ) -> None:
        """``operator_zone`` finds or creates the zone of the operator."""
        self._connection = connection
        self._roles = roles
        self._operator_zone = operator_zone

    def ensure(self, zone_: Zone) -> bool:
        """Create the zone's application if it is missing; return whether it was."""
        app_id = built_in_application(zone_).app_id
        known = select(client.c.id).where(client.c.app_id == app_id)
        if self._connection.execute(known).first():
            return False
        # Locks the zone: two transactions cannot both create it.
        execute_later(
            self._connection,
            update(zone)
            .where(zone.c.id == zone_.row_id)
            .values(roles_epoch=zone.c.roles_epoch + 1),
        )
        if self._connection.execute(known).first():
            return False
        self._release_names(zone_)
        self.create(zone_)
        return True

    def create(self, zone_: Zone) -> None:
        """Create the application of a zone that has none; the zone is new or locked."""
        application = built_in_application(zone_)
        row_id = new_row_id()
        execute_later(
            self._connection,
            insert(client).values(
                id=row_id,
                zone_row_id=zone_.row_id,
                client_id=f"sb-{application.app_id}",
                app_id=application.app_id,
                service_instance_guid="",
                credential_types="",
                authorities="",
                grant_types="",
                epoch=1,
                declared_epoch=1,
                holds_name=False,
            ),
        )
        self._roles.replace(
            _client(row_id, zone_, application.app_id), application.declared, is_new=True
        )

    def incomplete(self, limit: int) -> Sequence[Zone]:
        """Return zones without built-in application, which an older version created."""
        app_id = literal("xsuaa!t") + cast(zone.c.number, client.c.app_id.type)
        rows = self._connection.execute(
            select(zone)
            .where(zone.c.number != OPERATOR_INDEX, ~exists().where(client.c.app_id == app_id))
            .order_by(zone.c.number)
            .limit(limit)
        )
        return [zone_of(row) for row in rows]

    def operator_zone(self) -> Zone:
        """Return the operator's zone; create it with its application if it is missing."""
        found = self._operator_zone()
        self.ensure(found)
        return found

    def fold_names(self) -> int:
        """Store the folded names of collections that an older version wrote; return how many."""
        rows = self._connection.execute(
            select(role_collection.c.id, role_collection.c.name).where(
                role_collection.c.folded_name.is_(None)
            )
        ).all()
        for row in rows:
            execute_later(
                self._connection,
                update(role_collection)
                .where(role_collection.c.id == row.id)
                .values(folded_name=folded_name(row.name)),
            )
        return len(rows)

    def _release_names(self, zone_: Zone) -> None:
        """Delete declared collections with a built-in name, from before its reservation.

        None is in use: each assignment and mapping creates the built-in application first.
        """
        rows = self._connection.execute(
            select(role_collection.c.id, role_collection.c.name).where(
                role_collection.c.zone_row_id == zone_.row_id, ~IS_IN_USE
            )
        ).all()
        for row in rows:
            if folded_name(row.name) in RESERVED:
                execute_later(
                    self._connection, delete(role_collection).where(role_collection.c.id == row.id)
                )


def _client(row_id: int, zone_: Zone, app_id: str) -> Client:
    return Client(
        row_id=row_id,
        zone=zone_,
        client_id=f"sb-{app_id}",
        app_id=app_id,
        service_instance_guid="",
        credential_types=(),
        authorities=(),
        grant_types=(),
        token_validity=None,
        accepts_grants=False,
        epoch=1,
    )

"""Bindings in the database, with sealed payloads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select, update

from broker.errors import IntegrityViolated
from broker.instances.inventory import TypeOfBinding
from broker.instances.model import Binding, BindingSummary, Instance
from broker.lifecycle.issuing.payload import other_owner, without_private_key
from broker.store.database.columns import credential_type, from_json_text, json_text
from broker.store.database.deferred import execute_later
from broker.store.sealing.owned_columns import PAYLOADS
from broker.store.sealing.places import payload_place
from broker.store.sealing.sealed import Sealer
from broker.store.tables.core import client, service_instance
from broker.store.tables.core import service_binding as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.identity.zone import Zone

_PURGE_BATCH = 200

# Built once: building a statement takes longer than executing it.
_OF_INSTANCE = table.c.instance_row_id == bindparam("instance_row_id")
_BY_INSTANCE_AND_ID = select(table).where(
    _OF_INSTANCE, table.c.binding_id == bindparam("binding_id")
)
_INSERT = insert(table)
_DELETE = delete(table).where(table.c.id == bindparam("row_id"))
_NUMBER_OF_INSTANCE = select(func.count()).where(_OF_INSTANCE)

_TYPES_OF_ZONE = (
    select(
        service_instance.c.instance_id,
        client.c.app_id,
        table.c.binding_id,
        table.c.credential_type,
    )
    .select_from(table)
    .join(service_instance, service_instance.c.id == table.c.instance_row_id)
    .join(client, client.c.id == service_instance.c.client_row_id)
    .where(client.c.zone_row_id == bindparam("zone_row_id"))
    .order_by(service_instance.c.instance_id, table.c.binding_id)
    .limit(bindparam("limit"))
)


class BindingTable:
    """Reads and writes the bindings of instances."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def find(self, instance: Instance, binding_id: str) -> Binding | None:
        """Return the binding of this instance; ids are unique within an instance (OSB-URL-04)."""
        of = {"instance_row_id": instance.row_id, "binding_id": binding_id}
        row = self._connection.execute(_BY_INSTANCE_AND_ID, of).one_or_none()
        if row is None:
            return None
        place = payload_place(row.id, row.binding_id, instance.owner)
        payload = json.loads(self._sealer.open(row.sealed_payload, place))
        # Values from before owners were bound say less, but they are compared as well.
        if other := other_owner(payload, instance.client.client_id, instance.instance_id):
            raise IntegrityViolated(f"binding {binding_id} of {instance.instance_id}: {other}")
        return Binding(
            row_id=row.id,
            instance_row_id=row.instance_row_id,
            binding_id=row.binding_id,
            credential_type=credential_type(row.credential_type),
            parameters=from_json_text(row.parameters),
            app_guid=row.app_guid,
            predecessor_id=row.predecessor_id,
            payload=payload,
            created_at=row.created_at,
            expires_at=row.expires_at,
            private_key_until=row.private_key_until,
        )

    def types_of_zone(self, zone: Zone, limit: int) -> Sequence[TypeOfBinding]:
        """Return the zone's bindings, sorted by instance and binding; exactly one statement."""
        of = {"zone_row_id": zone.row_id, "limit": limit}
        return [TypeOfBinding(*row) for row in self._connection.execute(_TYPES_OF_ZONE, of)]

    def count(self, instance: Instance) -> int:
        """Return how many bindings the instance has."""
        of = {"instance_row_id": instance.row_id}
        return self._connection.execute(_NUMBER_OF_INSTANCE, of).scalar_one()

    def summaries(self, instance: Instance) -> Sequence[BindingSummary]:
        """Return the instance's bindings, oldest first."""
        rows = self._connection.execute(
            select(table.c.binding_id, table.c.credential_type, table.c.app_guid)
            .where(table.c.instance_row_id == instance.row_id)
            .order_by(table.c.created_at, table.c.binding_id)
        )
        return [
            BindingSummary(row.binding_id, credential_type(row.credential_type), row.app_guid)
            for row in rows
        ]

    def add(self, instance: Instance, binding: Binding) -> None:
        """Insert the binding of the instance with a sealed payload."""
        payload = json_text(binding.payload).encode()
        place = payload_place(binding.row_id, binding.binding_id, instance.owner)
        execute_later(
            self._connection,
            _INSERT,
            {
                "id": binding.row_id,
                "instance_row_id": binding.instance_row_id,
                "binding_id": binding.binding_id,
                "credential_type": binding.credential_type,
                "parameters": json_text(binding.parameters),
                "app_guid": binding.app_guid,
                "predecessor_id": binding.predecessor_id,
                "sealed_payload": self._sealer.seal(payload, place),
                "created_at": binding.created_at,
                "expires_at": binding.expires_at,
                "private_key_until": binding.private_key_until,
            },
        )

    def purge(self, now: datetime) -> int:
        """Delete a batch of private keys of expired certificates; return how many (D-06)."""
        expired = PAYLOADS.query.where(table.c.private_key_until <= now)
        rows = self._connection.execute(expired.limit(_PURGE_BATCH)).all()
        for row in rows:
            place = PAYLOADS.place(row)
            payload = without_private_key(json.loads(self._sealer.open(row.envelope, place)))
            sealed = self._sealer.seal(json_text(payload).encode(), place)
            execute_later(
                self._connection,
                update(table)
                .where(table.c.id == row.id)
                .values(sealed_payload=sealed, private_key_until=None),
            )
        return len(rows)

    def remove(self, binding: Binding) -> None:
        """Delete the binding; the foreign key cascades to its credential."""
        execute_later(self._connection, _DELETE, {"row_id": binding.row_id})

"""OAuth clients in the database, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from broker.identity.client import Client
from broker.identity.user import is_storable
from broker.identity.zone import Zone
from broker.store.database.columns import (
    from_grant_types_text,
    from_scopes_text,
    from_types_text,
)
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.core import client as table
from broker.store.tables.core import zone

if TYPE_CHECKING:
    from sqlalchemy import Engine, Row

_WITH_ZONE = (
    select(
        table.c.id.label("row_id"),
        *(column for column in table.c if column.name not in {"id", "zone_row_id"}),
        *(column.label(f"zone_{column.name}") for column in zone.c),
    )
    .join(zone, zone.c.id == table.c.zone_row_id)
    .where(table.c.client_id == bindparam("client_id"))
)


class StoredClients:
    """Looks up clients of all zones, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def with_client_id(self, client_id: str) -> Client | None:
        """Return the client; exactly one statement."""
        if not is_storable(client_id):
            return None
        with translating(), self._engine.connect() as connection:
            row = connection.execute(_WITH_ZONE, {"client_id": client_id}).one_or_none()
        if row is None:
            return None
        in_zone = Zone(
            row.zone_id, row.zone_number, row.zone_guid, row.zone_subdomain, row.zone_grants_epoch
        )
        return client_of(row, row.row_id, in_zone)


def client_of(row: Row[*tuple[Any, ...]], row_id: int, zone: Zone) -> Client:
    """Return the client in a row with the columns of ``client``, its id apart."""
    return Client(
        row_id=row_id,
        zone=zone,
        client_id=row.client_id,
        app_id=row.app_id,
        service_instance_guid=row.service_instance_guid,
        credential_types=from_types_text(row.credential_types),
        authorities=from_scopes_text(row.authorities),
        grant_types=from_grant_types_text(row.grant_types),
        token_validity=row.token_validity,
        accepts_grants=row.accepts_grants,
        epoch=row.epoch,
    )

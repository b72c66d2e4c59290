"""Zones in the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, func, insert, or_, select, update

from broker.errors import ConfigurationError
from broker.identity.zone import DEFAULT_TENANT, Zone, ZoneKey
from broker.ids import new_row_id
from broker.runtime.byte_cache import ByteCache
from broker.store.database.engine import read_options
from broker.store.database.faults import translating
from broker.store.tables.core import client, service_instance
from broker.store.tables.core import zone as table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Column, Connection, Row

_INDEX = re.compile(r"[0-9]{1,9}")
_NEW_ZONE = "a new zone"
_MAX_CACHED_BYTES = 4 * 1024**2


class ZoneTable:
    """Finds and creates zones; they are never deleted (D-09)."""

    def __init__(self, connection: Connection, lock: Callable[[str], None]) -> None:
        """``lock`` acquires an operation lock by name in the connection's transaction."""
        self._connection = connection
        self._lock = lock

    def find_or_create(self, key: ZoneKey, now: datetime) -> Zone:
        """Return the zone of the key; a new zone gets the next index.

        Raises ConfigurationError if its configured subdomain is taken.
        """
        if (known := self.find(key)) is not None:
            return known
        # Creations are serialised, because each zone gets the index after the last one.
        self._lock(_NEW_ZONE)
        if (known := self.find(key)) is not None:
            return known
        if key.fixed_subdomain is not None:
            self._require_free_subdomain(key.fixed_subdomain)
        highest = self._connection.execute(select(func.max(table.c.number))).scalar_one()
        index = (highest or 0) + 1
        created = Zone(
            row_id=new_row_id(),
            index=index,
            guid=self._free_guid(key),
            subdomain=key.subdomain(index),
            grants_epoch=1,
        )
        self._connection.execute(
            insert(table).values(
                id=created.row_id,
                number=created.index,
                guid=created.guid,
                subdomain=created.subdomain,
                platform=key.platform,
                external_key=key.external_key,
                grants_epoch=created.grants_epoch,
                created_at=now,
            )
        )
        return created

    def find(self, key: ZoneKey) -> Zone | None:
        """Return the zone of the key, None if it does not exist.

        A tenant keeps a zone that an earlier version gave it under another key, unless other
        tenants are in that zone.
        """
        known = self._find(key.platform, key.external_key)
        if known is not None or key.is_mapped or not key.tenant:
            return known
        inhabitants = (
            select(client.c.id)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .where(client.c.zone_row_id == table.c.id)
        )
        tenant = service_instance.c.tenant
        others = tenant.is_(None) | tenant.not_in({key.tenant, key.earlier_key} - {""})
        earlier = (
            table.c.external_key == key.earlier_key
            if key.tenant == DEFAULT_TENANT
            else inhabitants.where(tenant == key.tenant).exists()
        )
        row = self._connection.execute(
            select(table)
            .where(table.c.platform == key.platform, earlier, ~inhabitants.where(others).exists())
            .order_by(table.c.number)
        ).first()
        return None if row is None else zone_of(row)

    def named(self, name: str) -> Zone | None:
        """Return the zone with this index, GUID or subdomain, None if it does not exist."""
        by_index = [table.c.number == int(name)] if _INDEX.fullmatch(name) else []
        row = self._connection.execute(
            select(table).where(or_(table.c.guid == name, table.c.subdomain == name, *by_index))
        ).first()
        return None if row is None else zone_of(row)

    def _find(self, platform: str, external_key: str) -> Zone | None:
        row = self._connection.execute(
            select(table).where(table.c.platform == platform, table.c.external_key == external_key)
        ).one_or_none()
        return None if row is None else zone_of(row)

    def grants_changed(self, zone: Zone) -> None:
        """Advance the zone's grants epoch (D-36); the zone is locked until the commit."""
        self._connection.execute(
            update(table)
            .where(table.c.id == zone.row_id)
            .values(grants_epoch=table.c.grants_epoch + 1)
        )

    def _require_free_subdomain(self, subdomain: str) -> None:
        taken = self._connection.execute(
            select(table.c.external_key).where(table.c.subdomain == subdomain)
        ).scalar_one_or_none()
        if taken is not None:
            raise ConfigurationError(
                f'XSUAA_ZONES: subdomain "{subdomain}" already belongs to the zone of {taken}.'
            )

    def _free_guid(self, key: ZoneKey) -> str:
        # The same organization GUID on two platforms denotes two tenants (D-35).
        taken = self._connection.execute(select(table.c.id).where(table.c.guid == key.guid)).first()
        return key.fallback_guid if taken else key.guid


class StoredZones:
    """Looks up zones; caches the zones that exist.

    Zones are never deleted or renamed, so that cached ones stay valid: verifiers can load keys of
    their zones while the database is unavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**read_options(engine))
        self._found = ByteCache[bool](_MAX_CACHED_BYTES)

    def has_guid(self, guid: str) -> bool:
        """Return whether a zone has this GUID."""
        return self._exists(table.c.guid, guid)

    def has_subdomain(self, subdomain: str) -> bool:
        """Return whether a zone has this subdomain."""
        return self._exists(table.c.subdomain, subdomain)

    def is_named(self, index: int, *, guid: str = "", subdomain: str = "") -> bool:
        """Return whether the zone with this index has this GUID or subdomain."""
        column, name = (table.c.guid, guid) if guid else (table.c.subdomain, subdomain)
        cached = f"{index} {column.name}", name
        if self._found.get(cached, None):
            return True
        with translating(), self._engine.connect() as connection:
            matches = table.c.number == index, column == name
            found = connection.execute(select(table.c.id).where(*matches)).first() is not None
        if found:
            self._found.put(cached, None, found)
        return found

    def _exists(self, column: Column[str], name: str) -> bool:
        if self._found.get((column.name, name), None):
            return True
        with translating(), self._engine.connect() as connection:
            found = connection.execute(select(table.c.id).where(column == name)).first() is not None
        if found:
            self._found.put((column.name, name), None, found)
        return found


def zone_of(row: Row[*tuple[Any, ...]]) -> Zone:
    """Return the zone in a row of the zone table."""
    return Zone(row.id, row.number, row.guid, row.subdomain, row.grants_epoch)

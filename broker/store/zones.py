"""Zones in the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Engine, bindparam, func, insert, or_, select, update

from broker.errors import ConfigurationError
from broker.identity.user import is_storable
from broker.identity.zone import (
    DEFAULT_TENANT,
    OPERATOR_INDEX,
    OPERATOR_ZONE,
    Zone,
    ZoneKey,
)
from broker.ids import new_row_id
from broker.runtime.byte_cache import ByteCache
from broker.store.database.deferred import execute_later
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.tables.core import client, service_instance
from broker.store.tables.core import zone as table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Column, Connection, Row

_INDEX = re.compile(r"[0-9]{1,9}")
_NEW_ZONE = "a new zone"
_GUID_LENGTH = 36
_MAX_CACHED_BYTES = 4 * 1024**2
_IS_TENANT = table.c.number != OPERATOR_INDEX
"""No request and no name reaches the operator's own zone (D-56)."""

# Built once: building a statement takes longer than executing it.
_OF_ZONE = update(table).where(table.c.id == bindparam("zone_row_id"))
_GRANTS_CHANGED = _OF_ZONE.values(grants_epoch=table.c.grants_epoch + 1)
_ROLES_CHANGED = _OF_ZONE.values(roles_epoch=table.c.roles_epoch + 1)
# An update without effect: SQLite has no row locks for a query.
_LOCK_ROLES = _OF_ZONE.values(roles_epoch=table.c.roles_epoch)
_BY_KEY = select(table).where(
    table.c.platform == bindparam("platform"), table.c.external_key == bindparam("external_key")
)


class ZoneTable:
    """Finds and creates zones; they are never deleted (D-09)."""

    def __init__(
        self,
        connection: Connection,
        lock: Callable[[str], None],
        complete: Callable[[Zone], object] = lambda _: None,
    ) -> None:
        """``lock`` acquires an operation lock by name in the connection's transaction.

        ``complete`` creates the built-in application of a new zone (D-56).
        """
        self._connection = connection
        self._lock = lock
        self._complete = complete

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
            # The same organization GUID on two platforms denotes two tenants (D-35).
            guid=self._first_free(table.c.guid, key.guids()),
            subdomain=self._first_free(table.c.subdomain, key.subdomains(index)),
            grants_epoch=1,
        )
        self._insert(created, key.platform, key.external_key, now)
        self._complete(created)
        return created

    def operator_zone(self) -> Zone:
        """Return the operator's zone, which only this method returns; create it if missing."""
        known = self._find(OPERATOR_ZONE, OPERATOR_ZONE)
        if known is None:
            self._lock(_NEW_ZONE)
            known = self._find(OPERATOR_ZONE, OPERATOR_ZONE)
        if known is None:
            # A random GUID: no organization can be given the same one.
            known = Zone(new_row_id(), OPERATOR_INDEX, str(uuid4()), OPERATOR_ZONE, grants_epoch=1)
            self._insert(known, OPERATOR_ZONE, OPERATOR_ZONE, database_time(self._connection))
        return known

    def _insert(self, zone: Zone, platform: str, external_key: str, now: datetime) -> None:
        execute_later(
            self._connection,
            insert(table).values(
                id=zone.row_id,
                number=zone.index,
                guid=zone.guid,
                subdomain=zone.subdomain,
                platform=platform,
                external_key=external_key,
                grants_epoch=zone.grants_epoch,
                created_at=now,
            ),
        )

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
        """Return the zone with this index, GUID or subdomain, None if it does not exist.

        A subdomain of the configuration may be another zone's index or GUID, which precede it.
        """
        if not is_storable(name):
            return None
        by_index = [table.c.number == int(name)] if _INDEX.fullmatch(name) else []
        row = self._connection.execute(
            select(table)
            .where(or_(table.c.guid == name, table.c.subdomain == name, *by_index), _IS_TENANT)
            .order_by(*(each.desc() for each in by_index), (table.c.guid == name).desc())
            .limit(1)
        ).first()
        return None if row is None else zone_of(row)

    def _find(self, platform: str, external_key: str) -> Zone | None:
        key = {"platform": platform, "external_key": external_key}
        row = self._connection.execute(_BY_KEY, key).one_or_none()
        return None if row is None else zone_of(row)

    def grants_changed(self, zone: Zone) -> None:
        """Advance the zone's grants epoch (D-36); the zone is locked until the commit."""
        execute_later(self._connection, _GRANTS_CHANGED, {"zone_row_id": zone.row_id})

    def roles_changed(self, zone: Zone) -> None:
        """Advance the zone's roles epoch (I-143); the zone is locked until the commit."""
        execute_later(self._connection, _ROLES_CHANGED, {"zone_row_id": zone.row_id})

    def lock_roles(self, zone: Zone) -> None:
        """Lock the zone until the commit: its role collections and their use do not change."""
        execute_later(self._connection, _LOCK_ROLES, {"zone_row_id": zone.row_id})

    def _require_free_subdomain(self, subdomain: str) -> None:
        taken = self._connection.execute(
            select(table.c.external_key).where(table.c.subdomain == subdomain)
        ).scalar_one_or_none()
        if taken is not None:
            raise ConfigurationError(
                f'XSUAA_ZONES: subdomain "{subdomain}" already belongs to the zone of {taken}.'
            )

    def _first_free(self, column: Column[str], names: Iterator[str]) -> str:
        return next(each for each in names if not self._is_taken(column, each))

    def _is_taken(self, column: Column[str], name: str) -> bool:
        found = self._connection.execute(select(table.c.id).where(column == name))
        return found.first() is not None


class StoredZones:
    """Looks up zones; caches the zones that exist.

    Zones are never deleted or renamed, so that cached ones stay valid: verifiers can load keys of
    their zones while the database is unavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)
        self._found = ByteCache[bool](_MAX_CACHED_BYTES)
        self._zones = ByteCache[Zone](_MAX_CACHED_BYTES)

    def with_guid(self, guid: str) -> Zone | None:
        """Return the zone with this GUID; its grants epoch may be outdated."""
        cached = self._zones.get(guid, None)
        if cached is not None or len(guid) > _GUID_LENGTH or not is_storable(guid):
            return cached
        with translating(), self._engine.connect() as connection:
            matches = table.c.guid == guid, _IS_TENANT
            row = connection.execute(select(table).where(*matches)).one_or_none()
        return None if row is None else self._zones.put(guid, None, zone_of(row), guid)

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
            matches = table.c.number == index, column == name, _IS_TENANT
            found = connection.execute(select(table.c.id).where(*matches)).first() is not None
        if found:
            self._found.put(cached, None, found)
        return found

    def _exists(self, column: Column[str], name: str) -> bool:
        if self._found.get((column.name, name), None):
            return True
        with translating(), self._engine.connect() as connection:
            query = select(table.c.id).where(column == name, _IS_TENANT)
            found = connection.execute(query).first() is not None
        if found:
            self._found.put((column.name, name), None, found)
        return found


def instance_changes(engine: Engine) -> int:
    """Return a number that any version raises with each provision and update."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        return int(connection.execute(select(func.sum(table.c.grants_epoch))).scalar_one() or 0)


def zone_of(row: Row[*tuple[Any, ...]]) -> Zone:
    """Return the zone in a row of the zone table."""
    return Zone(row.id, row.number, row.guid, row.subdomain, row.grants_epoch)

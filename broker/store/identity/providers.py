"""Identity providers in the database; client secrets are sealed with their owner (D-52)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from broker.errors import IntegrityViolated
from broker.identity.providers.provider import Provider
from broker.identity.user import is_storable
from broker.store.database.columns import json_text, readable_json
from broker.store.sealing.owned_columns import PROVIDER_SECRETS
from broker.store.sealing.places import provider_place
from broker.store.tables.assignments import role_mapping
from broker.store.tables.core import zone
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import identity_provider as table
from broker.store.tables.identity import shadow_user, zone_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Select

    from broker.identity.zone import Zone
    from broker.store.sealing.sealed import Place, Sealer


class ProviderTable:
    """Reads and writes identity providers within a transaction."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def of_zone(self, zone_: Zone) -> Sequence[Provider]:
        """Return the records of the zone, sorted by origin."""
        rows = self._connection.execute(_of(zone_).order_by(table.c.origin))
        return [_provider_of(row, zone_) for row in rows]

    def find(self, zone_: Zone, origin: str) -> Provider | None:
        """Return the record of the zone's provider with this origin."""
        if not is_storable(origin):
            return None
        row = self._connection.execute(_of(zone_).where(table.c.origin == origin)).one_or_none()
        return None if row is None else _provider_of(row, zone_)

    def add(self, provider: Provider, secret: str | None) -> None:
        """Insert the record; ``secret`` is the client secret at the provider."""
        self._connection.execute(
            insert(table).values(
                id=provider.row_id,
                zone_row_id=provider.zone.row_id,
                origin=provider.origin,
                type=provider.type,
                created_at=provider.created_at,
                **_changeable(provider),
            )
        )
        if secret is not None:
            self.set_secret(provider, secret)

    def change(self, provider: Provider) -> None:
        """Store name, state, configuration and version.

        The client secret is bound to the configuration, which determines where it is sent.
        """
        query = PROVIDER_SECRETS.query.where(table.c.id == provider.row_id)
        row = self._connection.execute(query.with_for_update(of=table)).one()
        values = _changeable(provider)
        if row.envelope is not None:
            content = self._sealer.open(row.envelope, PROVIDER_SECRETS.place(row))
            values["sealed_secret"] = self._sealer.seal(content, _place(provider))
        self._update(provider, **values)

    def set_secret(self, provider: Provider, secret: str | None) -> None:
        """Replace or delete the client secret."""
        content = json_text([provider.zone.guid, provider.origin, secret]).encode()
        sealed = None if secret is None else self._sealer.seal(content, _place(provider))
        self._update(provider, sealed_secret=sealed)

    def secret(self, provider: Provider) -> str | None:
        """Return the client secret, None without one; raise IntegrityViolated.

        The sealed content names zone and origin: it opens for its provider only.
        """
        sealed = self._connection.execute(
            select(table.c.sealed_secret).where(table.c.id == provider.row_id)
        ).scalar_one_or_none()
        if sealed is None:
            return None
        content = readable_json(self._sealer.open(sealed, _place(provider)).decode())
        match content:
            case [guid, origin, str(secret)] if (guid, origin) == (
                provider.zone.guid,
                provider.origin,
            ):
                return secret
            case _:
                raise IntegrityViolated(
                    f"{table.name}.sealed_secret of row {provider.row_id} belongs to another"
                    " provider"
                )

    def end_logons(self, provider: Provider) -> None:
        """End the sessions, codes and tokens of the provider's users (D-59).

        They carry the token epoch of their user, which is compared at each use.
        """
        self._connection.execute(
            update(shadow_user)
            .where(
                shadow_user.c.zone_row_id == provider.zone.row_id,
                shadow_user.c.origin == provider.origin,
            )
            .values(token_epoch=shadow_user.c.token_epoch + 1)
        )

    def remove(self, provider: Provider) -> int:
        """Delete the record and the role mappings of its origin; return the number of those.

        The zone's default identity provider is unset if it was this one.
        """
        zone_row_id = provider.zone.row_id
        mappings = self._connection.execute(
            delete(role_mapping).where(*_mappings(provider.zone, provider.origin))
        ).rowcount
        self._connection.execute(
            update(zone_setting)
            .where(zone_setting.c.id == zone_row_id, zone_setting.c.default_idp == provider.origin)
            .values(default_idp=None)
        )
        self._connection.execute(
            update(zone).where(zone.c.id == zone_row_id).values(roles_epoch=zone.c.roles_epoch + 1)
        )
        self._connection.execute(delete(table).where(table.c.id == provider.row_id))
        return mappings

    def count_mappings(self, zone_: Zone, origin: str) -> int:
        """Return the number of role mappings of the origin."""
        query = select(func.count()).select_from(role_mapping).where(*_mappings(zone_, origin))
        return int(self._connection.execute(query).scalar_one())

    def _update(self, provider: Provider, **values: Any) -> None:
        self._connection.execute(
            update(table).where(table.c.id == provider.row_id).values(**values)
        )


def _of(zone_: Zone) -> Select[*tuple[Any, ...]]:
    return select(*table.c).where(table.c.zone_row_id == zone_.row_id)


def _mappings(zone_: Zone, origin: str) -> tuple[ColumnElement[bool], ...]:
    of_zone = select(role_collection.c.id).where(role_collection.c.zone_row_id == zone_.row_id)
    return role_mapping.c.origin == origin, role_mapping.c.role_collection_row_id.in_(of_zone)


def _place(provider: Provider) -> Place:
    configuration = json_text(dict(provider.configuration))
    return provider_place(
        provider.row_id, provider.zone.guid, provider.origin, provider.issuer, configuration
    )


def _changeable(provider: Provider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "is_active": provider.is_active,
        "issuer": provider.issuer,
        "configuration": json_text(dict(provider.configuration)),
        "version": provider.version,
        "updated_at": provider.updated_at,
    }


def _provider_of(row: Row[*tuple[Any, ...]], zone_: Zone) -> Provider:
    configuration = readable_json(row.configuration)
    provider = Provider(
        row_id=row.id,
        zone=zone_,
        origin=row.origin,
        type=row.type,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        is_active=row.is_active,
        has_secret=row.sealed_secret is not None,
        version=row.version,
    )
    return replace(provider, configuration=configuration or {})

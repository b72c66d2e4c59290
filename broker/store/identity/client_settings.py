"""The settings of clients that user grants need, in the database (I-G1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.authorization.declared_settings import OutdatedSettings
from broker.descriptor.names import ADMINISTRATION_SCOPES, is_built_in
from broker.errors import Busy
from broker.identity.client_settings import ClientSettings
from broker.identity.user import LOCAL_ORIGIN, is_storable
from broker.store.database.columns import from_json_text, json_text, readable_json
from broker.store.database.deferred import execute_later
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.identity.clients import client_of
from broker.store.tables.core import client, service_instance
from broker.store.tables.identity import client_setting as table
from broker.store.tables.identity import identity_provider, zone_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from broker.identity.client import Client
    from broker.identity.zone import Zone


def _select(*columns: Any) -> Any:
    """Return a select of the settings, and these columns of their clients."""
    return (
        select(
            *columns,
            table.c.epoch.label("settings_epoch"),
            *(column for column in table.c if column.name not in {"id", "epoch"}),
            zone_setting.c.default_idp,
            zone_setting.c.access_token_validity.label("max_access_token_validity"),
            zone_setting.c.refresh_token_validity.label("max_refresh_token_validity"),
            zone_setting.c.refresh_token_rotate,
            zone_setting.c.refresh_token_unique,
            identity_provider.c.is_active.label("local_is_active"),
        )
        .select_from(client)
        .outerjoin(table, table.c.id == client.c.id)
        .outerjoin(zone_setting, zone_setting.c.id == client.c.zone_row_id)
        .outerjoin(
            identity_provider,
            (identity_provider.c.zone_row_id == client.c.zone_row_id)
            & (identity_provider.c.origin == LOCAL_ORIGIN),
        )
    )


# Built once: building a statement takes longer than executing it.
_BY_CLIENT = _select(client.c.epoch, client.c.approved_at).where(
    client.c.id == bindparam("client_row_id")
)
_NAMES = (
    client.c.client_id,
    client.c.app_id,
    client.c.service_instance_guid,
    service_instance.c.xsappname,
    service_instance.c.name,
)
_BY_NAME = (
    _select(*client.c)
    .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
    .where(
        client.c.zone_row_id == bindparam("zone_row_id"),
        or_(*(column == bindparam("name") for column in _NAMES)),
    )
    .order_by(client.c.app_id)
)

_OUTDATED = (
    select(client.c.id, client.c.epoch, service_instance.c.plan, service_instance.c.parameters)
    .join(service_instance, service_instance.c.client_row_id == client.c.id)
    .outerjoin(table, table.c.id == client.c.id)
    .where(table.c.epoch.is_distinct_from(client.c.epoch))
    .order_by(client.c.id)
)

_WRITTEN = (
    "epoch",
    "redirect_uris",
    "allowed_providers",
    "system_attributes",
    "auto_approve",
    "refresh_token_validity",
    "user_scopes",
)


def _upsert(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["id"],
        set_={name: insert.excluded[name] for name in _WRITTEN},
        where=table.c.epoch <= insert.excluded.epoch,
    )


_UPSERTS = {
    "sqlite": _upsert(sqlite.insert(table)),
    "postgresql": _upsert(postgresql.insert(table)),
}


_NOTHING = ClientSettings(user_scopes=())


class ClientSettingTable:
    """Writes the settings of clients within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, client_row_id: int, epoch: int, settings: ClientSettings) -> None:
        """Store the settings as of this epoch of the client; newer ones are kept.

        The zone's policy is no part of them.
        """
        providers, auto_approve = settings.allowed_providers, settings.auto_approve
        execute_later(
            self._connection,
            _UPSERTS[self._connection.dialect.name],
            {
                "id": client_row_id,
                "epoch": epoch,
                "redirect_uris": json_text(settings.redirect_uris),
                "allowed_providers": None if providers is None else json_text(providers),
                "system_attributes": json_text(settings.system_attributes),
                "auto_approve": json_text(auto_approve),
                "refresh_token_validity": settings.refresh_token_validity,
                "user_scopes": json_text(settings.user_scopes or ()),
            },
        )

    def outdated(self, limit: int) -> Sequence[OutdatedSettings]:
        """Return the clients of instances whose settings are missing or older than the client."""
        rows = self._connection.execute(_OUTDATED.limit(limit))
        return [
            OutdatedSettings(row.id, row.epoch, row.plan, readable_json(row.parameters))
            for row in rows
        ]


def advance_epoch(connection: Connection, client_row_id: int) -> None:
    """Advance the epoch of the settings with the client's; outdated ones stay outdated."""
    execute_later(
        connection, update(table).where(table.c.id == client_row_id).values(epoch=table.c.epoch + 1)
    )


class StoredClientSettings:
    """Looks up the settings of clients, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def of(self, client_: Client) -> ClientSettings:
        """Return the settings of the client; exactly one statement.

        Raises Busy while they are older than the client: an older version has changed the client,
        and a server of this version has not completed it yet.
        """
        with translating(), self._engine.connect() as connection:
            row = connection.execute(_BY_CLIENT, {"client_row_id": client_.row_id}).one_or_none()
        if row is None:
            raise _incomplete()
        return _current(row)

    def named(self, zone: Zone, name: str, limit: int) -> Sequence[tuple[Client, ClientSettings]]:
        """Return the zone's clients with this id or name, and their settings, by application id.

        Names are client id, application id, xsappname, id and name of the service instance. Exactly
        one statement. Raises Busy as ``of``.
        """
        # The built-in application has an empty id of a service instance.
        if not name or not is_storable(name):
            return []
        values = {"zone_row_id": zone.row_id, "name": name}
        with translating(), self._engine.connect() as connection:
            rows = connection.execute(_BY_NAME.limit(limit), values).all()
        return [
            # A built-in application has no descriptor, and no settings.
            (client_of(row, row.id, zone), _NOTHING if is_built_in(row.app_id) else _current(row))
            for row in rows
        ]


def _current(row: Row[*tuple[Any, ...]]) -> ClientSettings:
    if row.settings_epoch != row.epoch:
        raise _incomplete()
    return _settings_of(row)


def _incomplete() -> Busy:
    return Busy("The settings of the client are being completed; try again later.")


def stored_settings(row: Row[*tuple[Any, ...]]) -> ClientSettings:
    """Return what a row with the columns of ``client_setting`` has, without scopes of users."""
    providers = row.allowed_providers
    auto_approve = from_json_text(row.auto_approve)
    return ClientSettings(
        redirect_uris=tuple(from_json_text(row.redirect_uris)),
        allowed_providers=None if providers is None else tuple(from_json_text(providers)),
        system_attributes=tuple(from_json_text(row.system_attributes)),
        auto_approve=tuple(auto_approve) if isinstance(auto_approve, list) else auto_approve,
        refresh_token_validity=row.refresh_token_validity,
    )


def _settings_of(row: Row[*tuple[Any, ...]]) -> ClientSettings:
    return replace(
        stored_settings(row),
        max_access_token_validity=row.max_access_token_validity,
        max_refresh_token_validity=row.max_refresh_token_validity,
        default_idp=row.default_idp,
        has_local_logon=row.local_is_active is not False,
        rotates_refresh_tokens=bool(row.refresh_token_rotate),
        has_one_refresh_token=bool(row.refresh_token_unique),
        user_scopes=_effective_scopes(row),
    )


def _effective_scopes(row: Row[*tuple[Any, ...]]) -> tuple[str, ...]:
    """Return the user scopes without administration scopes that are not approved (D-57)."""
    withheld = ADMINISTRATION_SCOPES - set(approved_scopes(row))
    return tuple(scope for scope in from_json_text(row.user_scopes) if scope not in withheld)


def approved_scopes(row: Row[*tuple[Any, ...]]) -> tuple[str, ...]:
    """Return the administration scopes that were approved for users of the client."""
    is_approved = row.approved_at is not None and row.approved_scopes is not None
    return tuple(from_json_text(row.approved_scopes)) if is_approved else ()

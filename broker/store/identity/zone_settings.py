"""The settings of zones in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.identity.zone_settings import ZoneSettings
from broker.store.database.columns import from_json_text, json_text
from broker.store.tables.identity import zone_setting as table

if TYPE_CHECKING:
    from broker.identity.zone import Zone


class ZoneSettingTable:
    """Reads and writes the settings of zones within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, zone_: Zone) -> ZoneSettings:
        """Return the settings of the zone, the defaults if it has not changed any."""
        query = select(*table.c).where(table.c.id == zone_.row_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return ZoneSettings()
        return ZoneSettings(
            default_idp=row.default_idp,
            access_token_validity=row.access_token_validity,
            refresh_token_validity=row.refresh_token_validity,
            refresh_token_rotate=bool(row.refresh_token_rotate),
            refresh_token_unique=bool(row.refresh_token_unique),
            same_email_is_same_user=row.same_email_is_same_user,
            iframe_domains=tuple(from_json_text(row.iframe_domains)),
            home_redirect=row.home_redirect,
            logout_redirects=tuple(from_json_text(row.logout_redirects)),
            version=row.version,
            updated_at=row.updated_at,
        )

    def write(self, zone_: Zone, settings: ZoneSettings) -> None:
        """Store the settings."""
        values: dict[str, Any] = {
            "default_idp": settings.default_idp,
            "access_token_validity": settings.access_token_validity,
            "refresh_token_validity": settings.refresh_token_validity,
            "refresh_token_rotate": settings.refresh_token_rotate,
            "refresh_token_unique": settings.refresh_token_unique,
            "same_email_is_same_user": settings.same_email_is_same_user,
            "iframe_domains": json_text(settings.iframe_domains),
            "home_redirect": settings.home_redirect,
            "logout_redirects": json_text(settings.logout_redirects),
            "version": settings.version,
            "updated_at": settings.updated_at,
        }
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(table).values(id=zone_.row_id, **values)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))

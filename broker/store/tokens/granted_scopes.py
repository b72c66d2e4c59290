"""The token endpoint's look-up of scopes that other applications grant to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, bindparam, exists, or_, select

from broker.descriptor.declarations import Usage
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.core import client
from broker.store.tables.declared import application_reference

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_grant = application_reference.alias("granting")
_acceptance = application_reference.alias("acceptance")


def _is_everything() -> ColumnElement[bool]:
    return (_acceptance.c.app_id == "") & (_acceptance.c.service_instance == "")


GRANTED_AND_ACCEPTED = (
    select(client.c.app_id, _grant.c.holder, client.c.service_instance_guid)
    .distinct()
    .join(client, client.c.id == _grant.c.client_row_id)
    .where(
        _grant.c.target_row_id == bindparam("client_row_id"),
        _grant.c.usage == Usage.GRANT_AS_AUTHORITY,
        exists().where(
            _acceptance.c.client_row_id == bindparam("client_row_id"),
            _acceptance.c.usage == Usage.AUTHORITIES,
            or_(
                _is_everything(),
                (_acceptance.c.target_row_id == _grant.c.client_row_id)
                & or_(_acceptance.c.name == "", _acceptance.c.name == _grant.c.holder),
            ),
        ),
    )
)
"""Scopes that other applications grant to a client, and that it accepts."""


class StoredGrants:
    """Looks up granted scopes in one statement, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def to(self, client_row_id: int) -> tuple[str, ...]:
        """Return the scopes that other applications grant to the client and that it accepts."""
        with translating(), self._engine.connect() as connection:
            rows = connection.execute(GRANTED_AND_ACCEPTED, {"client_row_id": client_row_id}).all()
        return tuple(f"{row.app_id}.{row.holder}" for row in rows)

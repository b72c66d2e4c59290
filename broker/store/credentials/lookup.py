"""The token endpoint's look-up of credentials, each with its client and zone (D-03)."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Engine, Text, bindparam, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from broker.authentication.client import PreviousDigest, StoredCredential, UnreadableCredential
from broker.descriptor.model import CredentialType
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.runtime.byte_cache import ByteCache
from broker.store.database.columns import from_grant_types_text, from_scopes_text, from_types_text
from broker.store.database.held_statement import HeldStatement, UnreadableRow
from broker.store.tables.core import client, credential, zone
from broker.store.tables.identity import zone_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, FromClause, Select

    from broker.authentication.secret import FoundCredential, LookupKey

_log = structlog.get_logger(__name__)

_clients = ByteCache[Client](16 * 1024**2)
_zones = ByteCache[Zone](1024**2)


def _columns(of: FromClause) -> Sequence[ColumnElement[Any]]:
    """Return all columns that an authentication decision needs; ``of``: the credentials."""
    return (
        of.c.id.label("credential_id"),
        of.c.type,
        of.c.digest,
        of.c.digest_key_id,
        of.c.generation,
        of.c.previous_digest,
        of.c.previous_digest_key_id,
        of.c.previous_until,
        of.c.previous_owner_mac,
        of.c.lookup,
        of.c.binding_row_id,
        of.c.owner_mac,
        # By the database's clock, which all hosts share.
        (of.c.previous_until > func.now()).label("previous_is_accepted"),
        of.c.client_row_id,
        client.c.client_id,
        client.c.app_id,
        client.c.service_instance_guid,
        client.c.credential_types,
        client.c.authorities,
        client.c.grant_types,
        client.c.token_validity,
        client.c.accepts_grants,
        client.c.epoch,
        zone_setting.c.access_token_validity.label("max_token_validity"),
        client.c.zone_row_id,
        zone.c.number.label("zone_number"),
        zone.c.guid.label("zone_guid"),
        zone.c.subdomain.label("zone_subdomain"),
        zone.c.grants_epoch,
    )


CREDENTIAL_WITH_CLIENT = (
    select(*_columns(credential))
    .join(client, credential.c.client_row_id == client.c.id)
    .join(zone, client.c.zone_row_id == zone.c.id)
    .outerjoin(zone_setting, zone_setting.c.id == client.c.zone_row_id)
)
"""All columns that an authentication decision needs."""

_NAMES = CREDENTIAL_WITH_CLIENT.selected_columns.keys()
_CLIENT = slice(_NAMES.index("client_row_id"), _NAMES.index("grants_epoch") + 1)
"""The columns of the parameter of ``_client``."""

_CLIENT_TYPES: tuple[type | tuple[type, ...], ...] = (
    *(int, str, str, str, str, str, (str, NoneType), (int, NoneType), bool, int),
    *((int, NoneType), int, int, str, str, int),
)
"""The types of these columns, in order."""

_ID = _NAMES.index("credential_id")

_CODE = (bytes, NoneType)

_NO_ROW = (
    *(0, CredentialType.BINDING_SECRET.value, bytes(32), 0, 1, None, None, None, None),
    *("00000000-0000-0000-0000-000000000000", 0, bytes(32), None),
    *(0, "sb-no-application!t0", "no-application!t0", "00000000-0000-0000-0000-000000000000"),
    *(CredentialType.BINDING_SECRET.value, "no-application!t0.read uaa.resource", None, None),
    *(False, 1, None, 0, 0, "00000000-0000-0000-0000-000000000000", "no-zone-0", 1),
)
"""A row of these columns that is read in place of a missing one; the result is discarded."""


def _found_by(
    request: FromClause,
    client_id: ColumnElement[str],
    of: FromClause,
    is_requested: ColumnElement[bool],
) -> Select[Any]:
    """Return one row for each request, so that an unknown client costs as much (D-17).

    Without a credential its columns are NULL; without a client all are.
    """
    return select(*_columns(of)).select_from(
        request.outerjoin(client, client.c.client_id == client_id)
        .outerjoin(of, is_requested)
        .outerjoin(zone, client.c.zone_row_id == zone.c.id)
        .outerjoin(zone_setting, zone_setting.c.id == client.c.zone_row_id)
    )


_OF_CLIENT = credential.c.client_row_id == client.c.id

_BY_CLIENT_AND_LOOKUP = _found_by(
    select(literal_column("1").label("one")).subquery("request"),
    bindparam("client_id"),
    credential,
    _OF_CLIENT & (credential.c.lookup == bindparam("lookup")),
)

_requests = (
    func.unnest(bindparam("client_ids", type_=ARRAY(Text)), bindparam("lookups", type_=ARRAY(Text)))
    .table_valued("client_id", "lookup", with_ordinality="number", name="request")
    .render_derived()
)
# A join may search the index for the client only, and read all its credentials.
_requested = (
    select(credential)
    .where(_OF_CLIENT, credential.c.lookup == _requests.c.lookup)
    .limit(literal_column("1"))
    .lateral("requested")
)
_OF_SEVERAL = _found_by(_requests, _requests.c.client_id, _requested, true()).order_by(
    _requests.c.number
)

_SEVERAL = 3
"""Requests from which PostgreSQL takes less time for one statement than for one each."""


class StoredCredentials:
    """The token endpoint's look-up of secrets, always as currently committed (D-03)."""

    def __init__(self, engine: Engine) -> None:
        """``engine``: look-ups use persistent connections outside of its pool."""
        self._query = HeldStatement(engine, _BY_CLIENT_AND_LOOKUP)
        self._of_several: HeldStatement | None = None
        if engine.dialect.name == "postgresql":
            self._of_several = HeldStatement(engine, _OF_SEVERAL)

    def find(self, keys: Sequence[LookupKey]) -> list[FoundCredential]:
        """Return the row of each key with its client and zone, or None, in one round trip."""
        return [self._found(row) for row in self._rows(keys)]

    def _rows(self, keys: Sequence[LookupKey]) -> list[Any]:
        if self._of_several is not None and len(keys) >= _SEVERAL:
            client_ids, lookups = zip(*keys, strict=True)
            rows = self._of_several.rows(client_ids=list(client_ids), lookups=list(lookups))
            if len(rows) == len(keys):
                return rows
            # The driver could not decode a row, and with it none of this statement.
        found = self._query.rows_of_each(
            [{"client_id": client_id, "lookup": lookup} for client_id, lookup in keys]
        )
        return [row for [row] in found]

    def _found(self, row: Any) -> FoundCredential:
        """Return the credential in the row, or None, with the same work for both (D-17)."""
        values = row.values if isinstance(row, UnreadableRow) else row
        is_missing = bool(values) and values[_ID] is None
        credential = read_credential(self._query.read(_NO_ROW) if is_missing else row)
        return None if is_missing else credential


def read_credential(row: Any) -> StoredCredential | UnreadableCredential:
    """Return the credential in a row of ``CREDENTIAL_WITH_CLIENT``; never raises.

    Rows of several requests are read together: an unreadable row must not fail other requests.
    """
    try:
        return _stored_credential(row)
    except Exception as error:  # noqa: BLE001 - a row of a newer version, or a damaged row
        values = row.values if isinstance(row, UnreadableRow) else row
        row_id = values[_ID] if values else None
        shown = "unknown" if row_id is None else f"{row_id:x}"
        _log.warning("credential unreadable", credential=shown, error=type(error).__name__)
        return UnreadableCredential(row_id)


def _stored_credential(row: Any) -> StoredCredential:
    if not (isinstance(row.digest, bytes) and isinstance(row.owner_mac, _CODE)):
        raise TypeError("digest")
    return StoredCredential(
        row_id=row.credential_id,
        type=CredentialType(row.type),
        digest=row.digest,
        digest_key_id=row.digest_key_id,
        generation=row.generation,
        client=_client(row[_CLIENT]),
        lookup=row.lookup,
        binding_row_id=row.binding_row_id,
        owner_mac=row.owner_mac,
        previous=_previous_of(row),
    )


def _zone(columns: tuple[Any, ...]) -> Zone:
    """Return the zone, the same object for all its clients."""
    row_id = columns[0]
    return _zones.get(row_id, columns) or _zones.put(row_id, columns, Zone(*columns))


def _client(columns: tuple[Any, ...]) -> Client:
    """Return the client in a row; the same object for the same columns.

    Building it costs more than comparing its columns.
    """
    row_id = columns[0]
    known = _clients.get(row_id, columns)
    if known is not None:
        return known
    built = _built(*columns)
    lists = built.authorities, built.credential_types, built.grant_types
    return _clients.put(row_id, columns, built, lists)


def _built(*columns: Any) -> Client:
    if not all(map(isinstance, columns, _CLIENT_TYPES)):
        # SQLite does not enforce column types.
        raise TypeError("client")
    row_id, client_id, app_id, service_instance_guid, *columns_left = columns
    credential_types, authorities, grant_types, *columns_left = columns_left
    token_validity, accepts_grants, epoch, max_token_validity, *zone_columns = columns_left
    return Client(
        row_id=row_id,
        zone=_zone(tuple(zone_columns)),
        client_id=client_id,
        app_id=app_id,
        service_instance_guid=service_instance_guid,
        credential_types=from_types_text(credential_types),
        authorities=from_scopes_text(authorities),
        grant_types=from_grant_types_text(grant_types),
        token_validity=token_validity,
        accepts_grants=accepts_grants,
        epoch=epoch,
        max_token_validity=max_token_validity,
    )


def _previous_of(row: Any) -> PreviousDigest | None:
    if not row.previous_is_accepted:
        return None
    return PreviousDigest(
        row.previous_digest,
        row.previous_digest_key_id,
        row.previous_until,
        row.previous_owner_mac,
    )

"""Every column with envelopes, the chain of owners of its rows, and what their content says of it.

Repositories bind what they seal to domain objects; the same chain is read here for all rows, to
seal them again and to compare them with their content before owners are bound (D-52).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, select

from broker.credentials.owner_mac import InstanceOwner
from broker.identity.client import ClientIdentity
from broker.lifecycle.issuing.payload import other_owner
from broker.store.database.columns import json_text, readable_json
from broker.store.sealing.places import (
    id_token_place,
    password_place,
    payload_place,
    provider_place,
    secret_place,
)
from broker.store.sealing.sealed import Place
from broker.store.tables.core import (
    client,
    credential,
    metadata,
    service_binding,
    service_instance,
    zone,
)
from broker.store.tables.identity import identity_provider, shadow_user, user_password
from broker.store.tables.user_grants import user_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Column, Row, Select, Table

    AnyRow = Row[*tuple[Any, ...]]

SEALED_PREFIX = "sealed_"

CLIENT_IDENTITY = (
    client.c.id.label("client_row_id"),
    client.c.client_id,
    client.c.app_id,
    client.c.service_instance_guid,
    client.c.zone_row_id,
    zone.c.number.label("zone_number"),
    zone.c.guid.label("zone_guid"),
    zone.c.subdomain.label("zone_subdomain"),
)
"""The columns for ``client_identity``, of clients joined with their zones."""

_INSTANCE_OWNER = (
    service_instance.c.id.label("instance_row_id"),
    service_instance.c.instance_id,
    service_instance.c.platform,
    *CLIENT_IDENTITY,
)


OWNED_INSTANCES = (
    select(
        service_instance.c.id,
        service_instance.c.owner_mac,
        service_instance.c.owner_digest_key_id,
        *_INSTANCE_OWNER,
    )
    .join(client, client.c.id == service_instance.c.client_row_id)
    .join(zone, zone.c.id == client.c.zone_row_id)
)
"""Service instances with all that their codes cover."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column with envelopes.

    ``query`` selects ``id``, ``envelope`` and what ``place`` needs; ``contradiction`` returns how
    the content contradicts the owner of its row, '' if it does not.
    """

    table: Table
    column: Column[bytes]
    query: Select[*tuple[Any, ...]]
    place: Callable[[AnyRow], Place]
    contradiction: Callable[[AnyRow, bytes], str]


def sealed_columns() -> Iterator[SealedColumn]:
    """Yield every column with envelopes; by convention their names start with SEALED_PREFIX."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.startswith(SEALED_PREFIX) and isinstance(column.type, LargeBinary):
                yield _OWNED.get(column) or _without_owner(table, column)


def client_identity(row: AnyRow) -> ClientIdentity:
    """Return the client in a row with CLIENT_IDENTITY."""
    return ClientIdentity(
        row.client_row_id,
        row.client_id,
        row.app_id,
        row.service_instance_guid,
        row.zone_row_id,
        row.zone_number,
        row.zone_guid,
        row.zone_subdomain,
    )


def instance_owner(row: AnyRow) -> InstanceOwner:
    """Return the owner of a service instance in a row of ``instances_with_clients``."""
    return InstanceOwner(row.instance_row_id, row.instance_id, row.platform, client_identity(row))


def with_instance_owner(*columns: Column[Any] | Any) -> Select[*tuple[Any, ...]]:
    """Return a selection of these columns with those of the service instance's owner.

    The caller joins ``service_instance`` to ``client`` and ``zone``.
    """
    return select(*columns, *_INSTANCE_OWNER)


def _no_contradiction(_row: AnyRow, _content: bytes) -> str:
    return ""


def _without_owner(table: Table, column: Column[bytes]) -> SealedColumn:
    """Return a column of values that belong to the whole installation: keys that sign or issue."""
    return SealedColumn(
        table,
        column,
        select(table.c.id, column.label("envelope")),
        lambda row: Place(table.name, column.name, row.id),
        _no_contradiction,
    )


def _payload_contradiction(row: AnyRow, content: bytes) -> str:
    return other_owner(readable_json(content.decode()), row.client_id, row.instance_id)


def _named_otherwise(found: object, owner: list[str]) -> str:
    return "" if found == owner else "its content names another owner"


def _provider_contradiction(row: AnyRow, content: bytes) -> str:
    found = readable_json(content.decode())
    return _named_otherwise(found[:2], [row.zone_guid, row.origin])


def _id_token_contradiction(row: AnyRow, content: bytes) -> str:
    found = readable_json(content.decode())
    return _named_otherwise(found[:1], [row.user_id])


def _password_contradiction(row: AnyRow, content: bytes) -> str:
    found = readable_json(content.decode())
    named = [found.get(name) for name in ("user_id", "zone", "origin")]
    return _named_otherwise(named, [row.user_id, row.zone_guid, row.origin])


_OF_USER = (shadow_user.c.user_id, shadow_user.c.origin, zone.c.guid.label("zone_guid"))

PAYLOADS = SealedColumn(
    service_binding,
    service_binding.c.sealed_payload,
    with_instance_owner(
        service_binding.c.id,
        service_binding.c.sealed_payload.label("envelope"),
        service_binding.c.binding_id,
    )
    .join(service_instance, service_instance.c.id == service_binding.c.instance_row_id)
    .join(client, client.c.id == service_instance.c.client_row_id)
    .join(zone, zone.c.id == client.c.zone_row_id),
    lambda row: payload_place(row.id, row.binding_id, instance_owner(row)),
    _payload_contradiction,
)

PROVIDER_SECRETS = SealedColumn(
    identity_provider,
    identity_provider.c.sealed_secret,
    select(
        identity_provider.c.id,
        identity_provider.c.sealed_secret.label("envelope"),
        identity_provider.c.origin,
        identity_provider.c.issuer,
        identity_provider.c.configuration,
        zone.c.guid.label("zone_guid"),
    ).join(zone, zone.c.id == identity_provider.c.zone_row_id),
    lambda row: provider_place(
        row.id,
        row.zone_guid,
        row.origin,
        row.issuer,
        json_text(readable_json(row.configuration) or {}),
    ),
    _provider_contradiction,
)

_COLUMNS = (
    PAYLOADS,
    SealedColumn(
        credential,
        credential.c.sealed_secret,
        with_instance_owner(credential.c.id, credential.c.sealed_secret.label("envelope"))
        .join(client, client.c.id == credential.c.client_row_id)
        .join(zone, zone.c.id == client.c.zone_row_id)
        .join(service_instance, service_instance.c.client_row_id == client.c.id),
        lambda row: secret_place(row.id, instance_owner(row)),
        # Its digest is compared with it, and contains the client id.
        _no_contradiction,
    ),
    PROVIDER_SECRETS,
    SealedColumn(
        user_session,
        user_session.c.sealed_id_token,
        select(user_session.c.id, user_session.c.sealed_id_token.label("envelope"), *_OF_USER)
        .join(shadow_user, shadow_user.c.id == user_session.c.user_row_id)
        .join(zone, zone.c.id == shadow_user.c.zone_row_id),
        lambda row: id_token_place(row.id, row.user_id, row.zone_guid),
        _id_token_contradiction,
    ),
    SealedColumn(
        user_password,
        user_password.c.sealed_hash,
        select(user_password.c.id, user_password.c.sealed_hash.label("envelope"), *_OF_USER)
        .join(shadow_user, shadow_user.c.id == user_password.c.id)
        .join(zone, zone.c.id == shadow_user.c.zone_row_id),
        lambda row: password_place(row.id, row.user_id, row.zone_guid, row.origin),
        _password_contradiction,
    ),
)

_OWNED = {each.column: each for each in _COLUMNS}

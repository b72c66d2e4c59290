"""Comparison of stored values with the owners of their rows (D-52).

``doctor check`` lists what differs, and ``data-keys bind-owners`` refuses to bind it. Codes and
envelopes of the present format cannot differ unnoticed. Of older values, their content is compared:
what it does not say is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from cryptography import x509
from sqlalchemy import select, text

from broker.audit.event import Action, Outcome
from broker.credentials.digest import digest
from broker.credentials.registry import SECRET_KINDS, is_shared
from broker.descriptor.model import CredentialType
from broker.descriptor.names import AppId
from broker.errors import IntegrityViolated
from broker.identity.zone import ANY_PLATFORM
from broker.ids import guid_for
from broker.pki.presented import ClientCertificate
from broker.store.sealing.owned_columns import OWNED_INSTANCES, PAYLOADS, instance_owner
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.owner_macs import (
    has_instance_owner,
    has_owner,
    has_previous_owner,
    wrong_owner,
)
from broker.store.sealing.sealed import Sealer
from broker.store.sealing.sealed_values import digested_text, opened_payload, wrong_digest
from broker.store.tables.core import (
    audit_event,
    client,
    credential,
    service_binding,
    service_instance,
    zone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

    from broker.store.sealing.data_keys import DataKeys
    from broker.store.sealing.owned_columns import AnyRow
    from broker.store.sealing.sealed_values import Rows, SealedValues

_KNOWN_TYPES = frozenset(CredentialType)
_MAPPED = "mapped:"
"""The prefix of the keys of zones that rules name, also of earlier versions."""

_INSTANCES = OWNED_INSTANCES.add_columns(
    client.c.local_id,
    zone.c.platform.label("zone_platform"),
    zone.c.external_key,
)

_OWNERS = (
    select(
        *(credential.c[name] for name in ("id", "type", "lookup", "client_row_id")),
        service_binding.c.binding_id,
        service_binding.c.sealed_payload,
        service_binding.c.id.label("binding_row_id"),
        service_instance.c.instance_id,
        service_instance.c.client_row_id.label("owner_row_id"),
    )
    .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
    .outerjoin(service_instance, service_instance.c.id == service_binding.c.instance_row_id)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """An inconsistency; ``remove`` is the row whose deletion repairs it, None without one."""

    problem: str
    remove: tuple[Table, int] | None = None


def count_checks(values: SealedValues) -> int:
    """Return how many rows ``owner_problems`` will check."""
    # Credentials are checked twice: their owners and their digests.
    return values.count_envelopes() + 2 * values.count_digests() + values.count_instances()


def broken_references(connection: Connection) -> Iterator[Finding]:
    """Yield every row that refers to a missing one."""
    # PostgreSQL always enforces foreign keys; SQLite only where the pragma is set.
    if connection.dialect.name == "sqlite":
        for row in connection.execute(text("PRAGMA foreign_key_check")):
            yield Finding(f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}")


def owner_problems(values: SealedValues, keys: DataKeys) -> Iterator[Finding]:
    """Yield every value that does not belong to the owner of its row, or cannot be read."""
    sealer = Sealer(keys)
    yield from _envelopes(values, sealer)
    yield from _owners(values)
    yield from _digests(values, keys, sealer)
    yield from _instances(values, keys)


def _envelopes(values: SealedValues, sealer: Sealer) -> Iterator[Finding]:
    for column, rows in values.envelopes():
        for row in rows:
            place = column.place(row)
            try:
                content = sealer.open(row.envelope, place)
            except IntegrityViolated as error:
                yield Finding(str(error))
                continue
            if contradiction := column.contradiction(row, content):
                named = f" (binding {row.binding_id})" if column is PAYLOADS else ""
                yield Finding(f"{place}{named}: {contradiction}")


def _owners(values: SealedValues) -> Iterator[Finding]:
    for row in chain.from_iterable(values.pages(_OWNERS, credential)):
        if row.type not in _KNOWN_TYPES:
            yield Finding(f"credential {row.id} ({row.type}) has a type of a newer version")
            continue
        shared = is_shared(row.type)
        if shared and row.binding_id is None:
            continue
        if row.binding_id is None:
            yield Finding(f"credential {row.id} ({row.type}) has no binding", (credential, row.id))
        elif shared or row.owner_row_id != row.client_row_id:
            problem = f"credential {row.id} ({row.type}) belongs to another client's binding"
            yield Finding(problem, (credential, row.id))
        elif row.type in SECRET_KINDS and row.lookup != guid_for(
            row.binding_id, row.instance_id, row.binding_id
        ):
            problem = f"credential {row.id} ({row.type}) belongs to another binding"
            yield Finding(problem, (credential, row.id))


def _digests(values: SealedValues, keys: DataKeys, sealer: Sealer) -> Iterator[Finding]:
    for row in chain.from_iterable(values.digests()):
        try:
            owned = has_owner(keys, row)
            previous = row.previous_digest is None or has_previous_owner(keys, row)
        except IntegrityViolated as error:
            yield Finding(f"credential {row.id} ({row.type}): {error}")
            continue
        if not owned:
            yield Finding(wrong_owner(row))
            continue
        if not previous:
            yield Finding(wrong_owner(row, "previous digest"))
        try:
            content = digested_text(row, sealer)
            other = row.type == CredentialType.X509 and _has_other_certificate(row, sealer)
        except IntegrityViolated:
            continue  # reported by another check
        if other:
            yield Finding(f"credential {row.id} ({row.type}) belongs to another binding")
        if content is None:
            continue
        key = keys.digest_key(row.digest_key_id).secret
        if digest(key, row.id, row.client_id, row.type, content) != row.digest:
            yield Finding(wrong_digest(row))


def _has_other_certificate(row: AnyRow, sealer: Sealer) -> bool:
    """Return whether the payload of the credential's binding has another certificate."""
    if row.sealed_payload is None or row.instance_row_id is None:
        return False
    payload = opened_payload(row, sealer)
    pem = payload.get("certificate")
    if not isinstance(pem, str):
        return False
    leaf = ClientCertificate.of(x509.load_pem_x509_certificates(pem.encode())[0])
    return row.lookup not in {leaf.thumbprint, leaf.names}


def _instances(values: SealedValues, keys: DataKeys) -> Iterator[Finding]:
    for rows in values.pages(_INSTANCES, service_instance):
        provisioned = _platforms_of_provisions(values, rows)
        for row in rows:
            if problem := _instance_problem(row, keys, provisioned.get(row.instance_id)):
                yield Finding(f"service instance {row.instance_id} {problem}")


def _instance_problem(row: AnyRow, keys: DataKeys, provisioned_by: str | None) -> str:
    """Return how the row contradicts the owner of its service instance, '' if it does not."""
    if row.owner_mac is None:
        if keys.binding is OwnerBinding.FINISHED:
            return "is not bound to an owner"
    else:
        try:
            if not has_instance_owner(keys, instance_owner(row), row):
                return "has another owner than its code"
        except IntegrityViolated as error:
            return f"cannot be checked: {error}"
    is_mapped = row.zone_platform == ANY_PLATFORM or row.external_key.startswith(_MAPPED)
    if not is_mapped and row.zone_platform != row.platform:
        return f"is of platform {row.platform} in a zone of platform {row.zone_platform}"
    if provisioned_by not in {None, row.platform}:
        return f"is of platform {row.platform}, but was provisioned by {provisioned_by}"
    if row.service_instance_guid != row.instance_id:
        return f"has the client of service instance {row.service_instance_guid}"
    return _client_problem(row)


def _client_problem(row: AnyRow) -> str:
    try:
        own, local = AppId.parse(row.app_id), AppId.parse(row.local_id or row.app_id)
    except ValueError:
        return f"has a client with the application id {row.app_id}"
    if row.client_id != own.client_id:
        return f"has a client with the ids {row.client_id} and {row.app_id}"
    if local.zone_index != row.zone_number:
        return f"has the client {row.client_id} in zone {row.zone_number}"
    return ""


def _platforms_of_provisions(values: SealedValues, rows: Rows) -> dict[str, str]:
    """Return the platform of the last provision of each instance, as far as it is recorded."""
    query = (
        select(audit_event.c.instance_id, audit_event.c.platform)
        .where(
            audit_event.c.instance_id.in_([row.instance_id for row in rows]),
            audit_event.c.action == Action.PROVISION,
            audit_event.c.outcome.is_(None) | (audit_event.c.outcome == Outcome.DONE),
        )
        .order_by(audit_event.c.at)
    )
    return {row.instance_id: row.platform for row in values.rows(query)}

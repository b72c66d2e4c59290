"""Consistency checks of the database, and the repair of findings (doctor)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, update

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.credentials.digest import digest
from broker.credentials.registry import SECRET_KINDS, is_shared
from broker.descriptor.model import CredentialType
from broker.descriptor.names import is_built_in
from broker.errors import IntegrityViolated
from broker.ids import guid_for
from broker.store.audit import audited
from broker.store.authorization.collections.declared import end_use
from broker.store.database.engine import database_time, read_options
from broker.store.database.faults import translating
from broker.store.rollback.counts import HELP
from broker.store.rollback.put_back import reason_to_lock
from broker.store.sealing.sealed import Place, Sealer
from broker.store.sealing.sealed_values import SealedValues, digested_text, wrong_digest
from broker.store.tables.core import (
    client,
    credential,
    service_binding,
    service_instance,
    signing_key,
    zone,
)
from broker.store.tables.declared import role_collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Table

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys


_MAX_AUDITED = 20

_KNOWN_TYPES = frozenset(CredentialType)
_OWN_TYPES = tuple(type_ for type_ in CredentialType if not is_shared(type_))


@dataclass(frozen=True, slots=True)
class Finding:
    """An inconsistency; ``remove`` is the row whose deletion repairs it, None without one."""

    problem: str
    remove: tuple[Table, int] | None = None


def values_to_check(engine: Engine) -> int:
    """Return how many values ``find_problems`` will check."""
    values = SealedValues(engine)
    # Credentials are checked twice: their owners and their digests.
    return values.count_envelopes() + 2 * values.count_digests()


def find_problems(
    engine: Engine, keys: DataKeys, advance: Callable[[int], None] = lambda _: None
) -> list[Finding]:
    """Return all inconsistencies; call ``advance`` with the number of values checked since.

    Raises ConfigurationError for a wrong or missing master key.
    """
    values = SealedValues(engine, advance)
    with translating():
        keys.load()
        with engine.connect().execution_options(**read_options(engine)) as connection:
            return [
                *_put_back(connection),
                *_broken_references(connection),
                *_unreadable(values, Sealer(keys)),
                *_owners(values),
                *_bindings_without_credential(connection),
                *_clients_without_instance(connection),
                *_wrong_digests(values, keys),
                *_missing_signing_key(connection),
            ]


def remove_rows(engine: Engine, findings: list[Finding], actor: Actor) -> int:
    """Delete the rows that the findings name and audit it; return how many."""
    removable = [finding for finding in findings if finding.remove]
    with audited(engine) as (connection, trail):
        clients = [each.remove[1] for each in removable if each.remove and each.remove[0] is client]
        if clients:
            of_clients = role_collection.c.client_row_id.in_(clients)
            end_use(connection, select(role_collection.c.id).where(of_clients).scalar_subquery())
            # Clients and users of every zone may have scopes of the deleted applications.
            epochs = (zone.c.grants_epoch, zone.c.roles_epoch)
            connection.execute(update(zone).values({each: each + 1 for each in epochs}))
        count = sum(
            connection.execute(
                delete(finding.remove[0]).where(finding.remove[0].c.id == finding.remove[1])
            ).rowcount
            for finding in removable
            if finding.remove
        )
        if count:
            problems = [finding.problem for finding in removable[:_MAX_AUDITED]]
            details = {"deleted": count, "problems": problems}
            now = database_time(connection)
            trail.append(AuditEvent(Action.REPAIR_DATABASE, actor, DATABASE, now, details))
    return count


def _put_back(connection: Connection) -> Iterator[Finding]:
    if reason := reason_to_lock(connection, if_missing=True):
        yield Finding(f"The database must be locked. {reason} {HELP}")


def _broken_references(connection: Connection) -> Iterator[Finding]:
    # PostgreSQL always enforces foreign keys; SQLite only where the pragma is set.
    if connection.dialect.name == "sqlite":
        for row in connection.execute(text("PRAGMA foreign_key_check")):
            yield Finding(f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}")


def _unreadable(values: SealedValues, sealer: Sealer) -> Iterator[Finding]:
    for table, column, rows in values.envelopes():
        for row_id, envelope in rows:
            try:
                sealer.open(envelope, Place(table.name, column.name, row_id))
            except IntegrityViolated as error:
                yield Finding(str(error))


def _owners(values: SealedValues) -> Iterator[Finding]:
    query = (
        select(
            *(credential.c[name] for name in ("id", "type", "lookup", "client_row_id")),
            service_binding.c.binding_id,
            service_instance.c.instance_id,
            service_instance.c.client_row_id.label("owner_row_id"),
        )
        .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
        .outerjoin(service_instance, service_instance.c.id == service_binding.c.instance_row_id)
    )
    for row in chain.from_iterable(values.pages(query, credential)):
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


def _bindings_without_credential(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        select(
            *(service_binding.c[name] for name in ("id", "binding_id", "credential_type")),
            service_instance.c.instance_id,
        )
        .join(service_instance, service_instance.c.id == service_binding.c.instance_row_id)
        .outerjoin(credential, credential.c.binding_row_id == service_binding.c.id)
        .where(
            credential.c.id.is_(None),
            service_binding.c.credential_type.in_(_OWN_TYPES),
        )
    )
    for row in rows.all():
        yield Finding(
            f"binding {row.binding_id} of {row.instance_id} ({row.credential_type}) has no"
            " credential",
            (service_binding, row.id),
        )


def _clients_without_instance(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        select(client.c.id, client.c.client_id, client.c.app_id)
        .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
        .where(service_instance.c.id.is_(None))
    )
    for row in rows.all():
        if is_built_in(row.app_id):
            continue
        yield Finding(f"client {row.client_id} has no service instance", (client, row.id))


def _wrong_digests(values: SealedValues, keys: DataKeys) -> Iterator[Finding]:
    sealer = Sealer(keys)
    for row in chain.from_iterable(values.digests()):
        try:
            content = digested_text(row, sealer)
            if content is None:
                continue
            key = keys.digest_key(row.digest_key_id).secret
            made = digest(key, row.id, row.client_id, row.type, content)
        except IntegrityViolated:
            continue  # reported by another check
        if made != row.digest:
            yield Finding(wrong_digest(row))


def _missing_signing_key(connection: Connection) -> Iterator[Finding]:
    if connection.execute(select(signing_key.c.id)).first() is None:
        yield Finding("there is no signing key; the next start of a server creates one")

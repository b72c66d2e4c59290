"""Consistency checks of the database, and the repair of findings (doctor)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.credentials.registry import is_shared
from broker.descriptor.model import CredentialType
from broker.descriptor.names import is_built_in
from broker.store.audit import audited
from broker.store.authorization.collections.declared import end_use
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.rollback.counts import HELP
from broker.store.rollback.put_back import reason_to_lock
from broker.store.sealing.owner_checks import (
    Finding,
    broken_references,
    count_checks,
    owner_problems,
)
from broker.store.sealing.sealed_values import SealedValues
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

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys


_MAX_AUDITED = 20

_KNOWN_TYPES = frozenset(CredentialType)
_OWN_TYPES = tuple(type_ for type_ in CredentialType if not is_shared(type_))


def values_to_check(engine: Engine) -> int:
    """Return how many values ``find_problems`` will check."""
    return count_checks(SealedValues(engine))


def find_problems(
    engine: Engine, keys: DataKeys, advance: Callable[[int], None] = lambda _: None
) -> list[Finding]:
    """Return all inconsistencies; call ``advance`` with the number of values checked since.

    Raises ConfigurationError for a wrong or missing master key.
    """
    values = SealedValues(engine, advance)
    with translating():
        keys.load()
        with engine.connect().execution_options(**READ_OPTIONS) as connection:
            return [
                *_put_back(connection),
                *broken_references(connection),
                *owner_problems(values, keys),
                *_bindings_without_credential(connection),
                *_clients_without_instance(connection),
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


def _missing_signing_key(connection: Connection) -> Iterator[Finding]:
    if connection.execute(select(signing_key.c.id)).first() is None:
        yield Finding("there is no signing key; the next start of a server creates one")

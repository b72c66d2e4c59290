"""Whether what is in the database fits together; nothing is changed unless told to (doctor)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text

from broker.credentials.digest import certificate_text, digest
from broker.descriptor.model import CredentialType
from broker.errors import IntegrityViolated
from broker.ids import guid_for
from broker.instances.payload import SECRET_FIELD
from broker.store.engine import reading
from broker.store.faults import translating
from broker.store.instance_secrets import secret_place
from broker.store.key_upkeep import sealed_columns
from broker.store.sealed import Place, Sealer
from broker.store.tables import client, credential, service_binding, service_instance, signing_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import Connection, Engine, Row, Table

    from broker.store.data_keys import DataKeys


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit; ``remove`` is the row whose deletion mends it, if that does."""

    problem: str
    remove: tuple[Table, int] | None = None


def find_problems(engine: Engine, keys: DataKeys) -> list[Finding]:
    """Return everything that does not fit together; raise ConfigurationError for a wrong key."""
    with translating():
        keys.load()
        with engine.connect().execution_options(**reading(engine)) as connection:
            return [
                *_broken_references(connection),
                *_unreadable(connection, Sealer(keys)),
                *_owners(connection),
                *_bindings_without_credential(connection),
                *_clients_without_instance(connection),
                *_wrong_digests(connection, keys),
                *_missing_signing_key(connection),
            ]


def remove_rows(engine: Engine, findings: list[Finding]) -> int:
    """Delete the rows that the findings name; return how many there were."""
    with translating(), engine.begin() as connection:
        return sum(
            connection.execute(
                delete(finding.remove[0]).where(finding.remove[0].c.id == finding.remove[1])
            ).rowcount
            for finding in findings
            if finding.remove
        )


def _broken_references(connection: Connection) -> Iterator[Finding]:
    # PostgreSQL has kept them since they were made; SQLite does only where it was told to.
    if connection.dialect.name == "sqlite":
        for row in connection.execute(text("PRAGMA foreign_key_check")):
            yield Finding(f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there")


def _unreadable(connection: Connection, sealer: Sealer) -> Iterator[Finding]:
    for table, column in sealed_columns():
        rows = connection.execute(select(table.c.id, column).where(column.is_not(None)))
        for row_id, envelope in rows.all():
            try:
                sealer.open(envelope, Place(table.name, column.name, row_id))
            except IntegrityViolated as error:
                yield Finding(str(error))


def _owners(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        select(
            *(credential.c[name] for name in ("id", "type", "lookup", "client_row_id")),
            service_binding.c.binding_id,
            service_instance.c.instance_id,
            service_instance.c.client_row_id.label("owner_row_id"),
        )
        .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
        .outerjoin(service_instance, service_instance.c.id == service_binding.c.instance_row_id)
    )
    for row in rows.all():
        is_shared = row.type == CredentialType.INSTANCE_SECRET
        if is_shared and row.binding_id is None:
            continue
        if row.binding_id is None:
            yield Finding(f"credential {row.id} ({row.type}) has no binding", (credential, row.id))
        elif is_shared or row.owner_row_id != row.client_row_id:
            problem = f"credential {row.id} ({row.type}) belongs to another client's binding"
            yield Finding(problem, (credential, row.id))
        elif row.type == CredentialType.BINDING_SECRET and row.lookup != guid_for(
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
            service_binding.c.credential_type != CredentialType.INSTANCE_SECRET,
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
        select(client.c.id, client.c.client_id)
        .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
        .where(service_instance.c.id.is_(None))
    )
    for row in rows.all():
        yield Finding(f"client {row.client_id} has no service instance", (client, row.id))


def _wrong_digests(connection: Connection, keys: DataKeys) -> Iterator[Finding]:
    sealer = Sealer(keys)
    rows = connection.execute(
        select(
            *(credential.c[name] for name in ("id", "type", "digest", "digest_key_id")),
            *(credential.c[name] for name in ("sealed_secret", "binding_row_id")),
            *(credential.c[name] for name in ("lookup", "issuer_path")),
            client.c.client_id,
            service_binding.c.sealed_payload,
        )
        .join(client, client.c.id == credential.c.client_row_id)
        .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
    )
    for row in rows.all():
        try:
            content = digested_text(row, sealer)
            if content is None:
                continue
            key = keys.digest_key(row.digest_key_id).secret
            made = digest(key, row.id, row.client_id, CredentialType(row.type), content)
        except IntegrityViolated:
            continue  # named by another check
        if made != row.digest:
            yield Finding(wrong_digest(row))


def wrong_digest(row: Row[*tuple[Any, ...]]) -> str:
    """Return what is wrong with a credential whose digest is of something else."""
    of = "certificate" if row.type == CredentialType.X509 else "secret"
    return f"the digest of credential {row.id} ({row.type}) is not of its {of}"


def digested_text(row: Row[*tuple[Any, ...]], sealer: Sealer) -> str | None:
    """Return what is digested of a credential: its secret, from where that is sealed.

    None if it is kept nowhere. The row holds the credential's columns and its binding's payload.
    Raises IntegrityViolated.
    """
    if row.type == CredentialType.X509:
        return certificate_text(row.lookup, row.issuer_path)
    if row.sealed_secret is not None:
        return sealer.open(row.sealed_secret, secret_place(row.id)).decode()
    if row.sealed_payload is None:
        return None
    column = service_binding.c.sealed_payload.name
    place = Place(service_binding.name, column, row.binding_row_id)
    found = json.loads(sealer.open(row.sealed_payload, place)).get(SECRET_FIELD)
    return None if found is None else str(found)


def _missing_signing_key(connection: Connection) -> Iterator[Finding]:
    if connection.execute(select(signing_key.c.id)).first() is None:
        yield Finding("there is no signing key; the next start of a server makes one")

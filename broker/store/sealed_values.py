"""Everything that needs a data key, page by page: sealed columns, and digests with their text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, func, select

from broker.credentials.digest import certificate_text
from broker.descriptor.model import CredentialType
from broker.instances.payload import SECRET_FIELD
from broker.store.engine import reading
from broker.store.faults import translating
from broker.store.instance_secrets import secret_place
from broker.store.sealed import Place
from broker.store.tables import client, credential, metadata, service_binding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sqlalchemy import Column, Engine, Row, Select, Table

    from broker.store.sealed import Sealer

SEALED_PREFIX = "sealed_"

_PAGE = 100

DIGESTED = (
    select(
        *(credential.c[name] for name in ("id", "type", "digest", "digest_key_id")),
        *(credential.c[name] for name in ("sealed_secret", "binding_row_id")),
        *(credential.c[name] for name in ("lookup", "issuer_path")),
        *(client.c[name] for name in ("client_id", "service_instance_guid")),
        *(service_binding.c[name] for name in ("sealed_payload", "binding_id")),
    )
    .join(client, client.c.id == credential.c.client_row_id)
    .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
)
"""Each credential with all that ``digested_text`` needs."""


def sealed_columns() -> Iterator[tuple[Table, Column[bytes]]]:
    """Yield every column that holds envelopes: they are named so, whoever adds one."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.startswith(SEALED_PREFIX) and isinstance(column.type, LargeBinary):
                yield table, column


def sealed_in(table: Table, column: Column[bytes]) -> Select[int, bytes]:
    """Return a query for the ids and envelopes of a column."""
    return select(table.c.id, column).where(column.is_not(None))


def count_values(engine: Engine, *columns: Column[bytes]) -> int:
    """Return how many values there are in these columns."""
    with translating(), engine.connect().execution_options(**reading(engine)) as connection:
        return sum(
            connection.execute(select(func.count()).where(column.is_not(None))).scalar_one()
            for column in columns
        )


def pages_of(
    engine: Engine, query: Select[*tuple[Any, ...]], table: Table
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Yield the rows by the ``id`` of this table, some at a time, as committed when they are read.

    Nothing is held between two pages.
    """
    after = -1
    while True:
        page = query.where(table.c.id > after).order_by(table.c.id).limit(_PAGE)
        with translating(), engine.connect().execution_options(**reading(engine)) as connection:
            rows = connection.execute(page).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


def digested_text(row: Row[*tuple[Any, ...]], sealer: Sealer) -> str | None:
    """Return what is digested of a credential: its secret, from where that is sealed.

    None if it is kept nowhere. The row is one of ``DIGESTED``. Raises IntegrityViolated.
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


def wrong_digest(row: Row[*tuple[Any, ...]]) -> str:
    """Return what is wrong with a credential whose digest is of something else."""
    of = "certificate" if row.type == CredentialType.X509 else "secret"
    return f"the digest of credential {row.id} ({row.type}) is not of its {of}"

"""All values that depend on data keys, page by page: sealed columns and digests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from broker.credentials.digest import certificate_text
from broker.descriptor.model import CredentialType
from broker.lifecycle.issuing.payload import SECRET_FIELD
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.sealing.owned_columns import (
    OWNED_INSTANCES,
    SealedColumn,
    instance_owner,
    sealed_columns,
)
from broker.store.sealing.owner_macs import OWNED_DIGESTS
from broker.store.sealing.places import payload_place, secret_place
from broker.store.tables.core import (
    client,
    credential,
    metadata,
    service_binding,
    service_instance,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from sqlalchemy import Column, Connection, Engine, Row, Select, Table

    from broker.store.sealing.sealed import Sealer

    Rows = Sequence[Row[*tuple[Any, ...]]]

_DIGEST_KEY_SUFFIX = "digest_key_id"

_PAGE = 100

_DIGESTED = (
    OWNED_DIGESTS.add_columns(
        *(credential.c[name] for name in ("sealed_secret", "issuer_path")),
        *(service_binding.c[name] for name in ("sealed_payload", "binding_id")),
        service_instance.c.id.label("instance_row_id"),
        *(service_instance.c[name] for name in ("instance_id", "platform")),
    )
    .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
    .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
)


def digest_key_columns() -> Iterator[Column[int]]:
    """Yield every column with the key of a digest; by convention their names end alike."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(_DIGEST_KEY_SUFFIX):
                yield column


class SealedValues:
    """Reads the values while servers run; no transaction or lock is held between pages."""

    def __init__(self, engine: Engine, advance: Callable[[int], None] = lambda _: None) -> None:
        """``advance`` is called with the number of rows of each processed page."""
        self._engine = engine
        self._advance = advance

    def count_envelopes(self) -> int:
        """Return the number of sealed values."""
        return sum(self._count(each.column) for each in sealed_columns())

    def count_digests(self) -> int:
        """Return the number of credentials."""
        return self._count(credential.c.id)

    def count_instances(self) -> int:
        """Return the number of service instances."""
        return self._count(service_instance.c.id)

    def envelopes(self) -> Iterator[tuple[SealedColumn, Rows]]:
        """Yield pages of rows with envelopes, column by column."""
        for column in sealed_columns():
            query = column.query.where(column.column.is_not(None))
            for rows in self.pages(query, column.table):
                yield column, rows

    def digests(self) -> Iterator[Rows]:
        """Yield pages of credentials with the columns that ``digested_text`` needs."""
        return self.pages(_DIGESTED, credential)

    def instances(self) -> Iterator[Rows]:
        """Yield pages of OWNED_INSTANCES."""
        return self.pages(OWNED_INSTANCES, service_instance)

    def pages(self, query: Select[*tuple[Any, ...]], table: Table) -> Iterator[Rows]:
        """Yield the rows of the query in pages, ordered by the ``id`` of this table."""
        after = -1
        while True:
            page = query.where(table.c.id > after).order_by(table.c.id).limit(_PAGE)
            rows = self.rows(page)
            if not rows:
                return
            yield rows
            self._advance(len(rows))
            after = rows[-1].id

    def rows(self, query: Select[*tuple[Any, ...]]) -> Rows:
        """Return the rows of the query."""
        with translating(), self._reading() as connection:
            return connection.execute(query).all()

    def _count(self, column: Column[Any]) -> int:
        query = select(func.count()).where(column.is_not(None))
        with translating(), self._reading() as connection:
            return connection.execute(query).scalar_one()

    def _reading(self) -> Connection:
        return self._engine.connect().execution_options(**READ_OPTIONS)


def digested_text(row: Row[*tuple[Any, ...]], sealer: Sealer) -> str | None:
    """Return the digested text of a credential: its secret or the text of its certificate.

    ``row`` comes from ``SealedValues.digests``. Return None if the secret is not stored; raise
    IntegrityViolated.
    """
    if row.type == CredentialType.X509:
        return certificate_text(row.lookup, row.issuer_path)
    if row.sealed_secret is not None:
        return sealer.open(row.sealed_secret, secret_place(row.id, instance_owner(row))).decode()
    if row.sealed_payload is None:
        return None
    found = opened_payload(row, sealer).get(SECRET_FIELD)
    return None if found is None else str(found)


def opened_payload(row: Row[*tuple[Any, ...]], sealer: Sealer) -> dict[str, Any]:
    """Return the payload of the credential's binding; ``row`` as in ``digested_text``."""
    place = payload_place(row.binding_row_id, row.binding_id, instance_owner(row))
    payload: dict[str, Any] = json.loads(sealer.open(row.sealed_payload, place))
    return payload


def wrong_digest(row: Row[*tuple[Any, ...]]) -> str:
    """Return the error text for a credential with a wrong digest."""
    content = "certificate" if row.type == CredentialType.X509 else "secret"
    return f"the digest of credential {row.id} ({row.type}) does not match its {content}"

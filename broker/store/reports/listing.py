"""The listing of all credentials across platforms and instances, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select

from broker.credentials.listed import ListedCredential
from broker.store.database.columns import credential_type
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.reports.credential_rows import how
from broker.store.tables.core import client, credential, service_binding, service_instance

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row

_ALL = (
    select(
        service_instance.c.instance_id,
        service_binding.c.binding_id,
        client.c.client_id,
        credential.c.type,
        credential.c.lookup,
        credential.c.names,
        credential.c.issuer_path,
        credential.c.created_at,
        credential.c.not_after,
    )
    .select_from(credential)
    .join(client, credential.c.client_row_id == client.c.id)
    .join(service_instance, service_instance.c.client_row_id == client.c.id)
    .outerjoin(service_binding, credential.c.binding_row_id == service_binding.c.id)
)


class CredentialListing:
    """Lists credentials as committed, without locks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def all(self) -> list[ListedCredential]:
        """Return all credentials, ordered by instance and age."""
        ordered = _ALL.order_by(service_instance.c.instance_id, credential.c.created_at)
        with translating(), self._engine.connect() as connection:
            return [_listed(row) for row in connection.execute(ordered).all()]

    def expiring(self, *, after: datetime | None, before: datetime) -> list[ListedCredential]:
        """Return the certificates that expire by ``before``, ordered by expiry.

        With ``after``, certificates that have expired by then are omitted.
        """
        query = _ALL.where(credential.c.not_after <= before).order_by(credential.c.not_after)
        if after is not None:
            query = query.where(credential.c.not_after > after)
        with translating(), self._engine.connect() as connection:
            return [_listed(row) for row in connection.execute(query).all()]


def _listed(row: Row[*tuple[Any, ...]]) -> ListedCredential:
    return ListedCredential(
        instance_id=row.instance_id,
        binding_id=row.binding_id,
        client_id=row.client_id,
        type=credential_type(row.type),
        how=how(row),
        created_at=row.created_at,
        expires_at=row.not_after,
    )

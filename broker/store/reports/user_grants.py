"""Applications with user grants from an upgrade, not from their descriptors (D-60)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from broker.authorization.grant_types import back_filled_grant_types, has_user_grants
from broker.descriptor.parse import readable_descriptor
from broker.store.database.columns import from_grant_types_text, readable_json
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.core import client, service_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_CANDIDATES = (
    select(
        client.c.app_id,
        client.c.grant_types,
        service_instance.c.plan,
        service_instance.c.parameters,
    )
    .join(service_instance, service_instance.c.client_row_id == client.c.id)
    .where(or_(client.c.grant_types.is_(None), client.c.grant_types_filled_at.is_not(None)))
    .order_by(client.c.app_id)
)


def applications_with_user_grants(engine: Engine) -> Iterator[str]:
    """Yield the ids of applications whose user grants were filled in by an upgrade only."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        rows = connection.execute(_CANDIDATES).all()
    for row in rows:
        descriptor = readable_descriptor(readable_json(row.parameters))
        if descriptor is not None and descriptor.grant_types is not None:
            continue
        if row.grant_types is None:
            types = back_filled_grant_types(row.plan, descriptor)
        else:
            types = from_grant_types_text(row.grant_types)
        if has_user_grants(types):
            yield row.app_id

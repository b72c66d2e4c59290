"""Instances of plan apiaccess that are not approved for xs_* scopes (D-57)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.instances.plan import Plan
from broker.store.database.engine import read_options
from broker.store.database.faults import translating
from broker.store.tables.core import client, service_instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine


def unapproved_instances(engine: Engine) -> Sequence[str]:
    """Return the application ids of the instances, sorted."""
    query = (
        select(client.c.app_id)
        .join(service_instance, service_instance.c.client_row_id == client.c.id)
        .where(service_instance.c.plan == Plan.APIACCESS, client.c.approved_at.is_(None))
        .order_by(client.c.app_id)
    )
    with translating(), engine.connect().execution_options(**read_options(engine)) as connection:
        return connection.execute(query).scalars().all()

"""The data of the readiness report, in three statements for any number of instances."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.credentials.readiness import HeldBinding, InstanceReadiness
from broker.store.database.columns import credential_type, from_types_text
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.reports.credential_rows import IS_USAGE, USE_COLUMNS, use_of
from broker.store.tables.core import client, credential, service_binding, service_instance
from broker.store.tables.usage import credential_usage, installation

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from broker.credentials.readiness import CredentialUse


def read_readiness(
    engine: Engine, instance_id: str = ""
) -> tuple[datetime, list[InstanceReadiness]]:
    """Return since when usage is counted, and all instances or the one with that id."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        since = connection.execute(select(installation.c.usage_since)).scalar_one()
        instances = connection.execute(
            select(
                service_instance.c.id,
                service_instance.c.instance_id,
                service_instance.c.platform,
                service_instance.c.client_row_id,
                client.c.app_id,
                client.c.credential_types,
            )
            .join(client, client.c.id == service_instance.c.client_row_id)
            .where(*([service_instance.c.instance_id == instance_id] if instance_id else []))
            .order_by(client.c.app_id)
        ).all()
        shared, own = _uses(connection)
        bindings = _bindings(connection, own)
    return since, [
        InstanceReadiness(
            instance_id=row.instance_id,
            app_id=row.app_id,
            platform=row.platform,
            types=from_types_text(row.credential_types),
            instance_secret=shared.get(row.client_row_id),
            bindings=bindings[row.id],
        )
        for row in instances
    ]


def _uses(connection: Connection) -> tuple[dict[int, CredentialUse], dict[int, CredentialUse]]:
    """Return shared credentials by client row id, and binding credentials by binding row id."""
    rows = connection.execute(
        select(credential.c.client_row_id, credential.c.binding_row_id, *USE_COLUMNS).outerjoin(
            credential_usage, IS_USAGE
        )
    )
    shared: dict[int, CredentialUse] = {}
    own: dict[int, CredentialUse] = {}
    for row in rows:
        if row.binding_row_id is None:
            shared[row.client_row_id] = use_of(row)
        else:
            own[row.binding_row_id] = use_of(row)
    return shared, own


def _bindings(
    connection: Connection, own: dict[int, CredentialUse]
) -> defaultdict[int, list[HeldBinding]]:
    bindings = defaultdict(list)
    rows = connection.execute(
        select(
            *(service_binding.c[name] for name in ("id", "instance_row_id", "binding_id")),
            *(service_binding.c[name] for name in ("credential_type", "app_guid", "created_at")),
        ).order_by(service_binding.c.created_at, service_binding.c.id)
    )
    for row in rows:
        bindings[row.instance_row_id].append(
            HeldBinding(
                binding_id=row.binding_id,
                type=credential_type(row.credential_type),
                app_guid=row.app_guid,
                created_at=row.created_at,
                use=own.get(row.id),
            )
        )
    return bindings

"""Queries of the usage of credentials (D-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from broker.credentials.registry import SHARED_TYPES, is_shared
from broker.store.tables.core import credential, service_binding
from broker.store.tables.usage import credential_usage

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.instances.model import Instance


class UsageTable:
    """Queries of the guard on credential usage."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def used_by(self, instance: Instance, type_: str, since: datetime) -> list[str] | None:
        """Return the ids of the bindings that may have used the type since then; None if unused.

        All bindings with an instance secret share it, so all of them are returned. The list is
        empty if none of them exists any more.
        """
        used = (
            select(service_binding.c.binding_id)
            .select_from(credential)
            .join(credential_usage, credential_usage.c.credential_row_id == credential.c.id)
            .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
            .where(
                credential.c.client_row_id == instance.client.row_id,
                credential.c.type == type_,
                or_(
                    credential_usage.c.last_used_at >= since,
                    credential_usage.c.previous_used_at >= since,
                ),
            )
            .order_by(service_binding.c.created_at, service_binding.c.binding_id)
        )
        found = self._connection.execute(used).scalars().all()
        if not found:
            return None
        if not is_shared(type_):
            return list(found)
        holders = (
            select(service_binding.c.binding_id)
            .where(
                service_binding.c.instance_row_id == instance.row_id,
                service_binding.c.credential_type == type_,
            )
            .order_by(service_binding.c.created_at, service_binding.c.binding_id)
        )
        return list(self._connection.execute(holders).scalars())

    def last_uses(self, instance: Instance) -> dict[str, datetime]:
        """Return the time of last use of each binding's credential, by binding id.

        All bindings with an instance secret have the same time, because they share the secret.
        """
        rows = self._connection.execute(
            select(
                service_binding.c.binding_id,
                func.max(credential_usage.c.last_used_at),
                func.max(credential_usage.c.previous_used_at),
            )
            .join(
                credential,
                or_(
                    credential.c.binding_row_id == service_binding.c.id,
                    and_(
                        credential.c.client_row_id == instance.client.row_id,
                        credential.c.binding_row_id.is_(None),
                        service_binding.c.credential_type.in_(SHARED_TYPES),
                    ),
                ),
            )
            .join(credential_usage, credential_usage.c.credential_row_id == credential.c.id)
            .where(service_binding.c.instance_row_id == instance.row_id)
            .group_by(service_binding.c.binding_id)
        )
        found = {row[0]: max((at for at in row[1:] if at), default=None) for row in rows}
        return {binding_id: at for binding_id, at in found.items() if at}

    def last_use(self, instance: Instance) -> datetime | None:
        """Return when any credential was last used, also one without a binding."""
        row = self._connection.execute(
            select(
                func.max(credential_usage.c.last_used_at),
                func.max(credential_usage.c.previous_used_at),
            )
            .join(credential, credential_usage.c.credential_row_id == credential.c.id)
            .where(credential.c.client_row_id == instance.client.row_id)
        ).one()
        return max((at for at in row if at), default=None)

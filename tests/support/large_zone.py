"""A zone with as many bindings, users and role collections as a large customer has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, String, cast, false, func, insert, literal, select, true

from broker.identity.user import LOCAL_ORIGIN
from broker.ids import new_row_id
from broker.store.tables.assignments import role_assignment
from broker.store.tables.core import (
    audit_event,
    client,
    credential,
    data_key,
    service_binding,
    service_instance,
    zone,
)
from broker.store.tables.declared import role, role_collection, role_collection_role
from broker.store.tables.identity import shadow_user
from broker.store.tables.usage import credential_daily_use, credential_usage
from tests.support.user_grants import a_descriptor

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table

    from broker.identity.zone import Zone
    from tests.support.domain import Domain

USERS: Final = 100_000
COLLECTIONS: Final = 5_000
MEMBERS: Final = 20_000
"""Users of the first collection."""
INSTANCES: Final = 60
BINDINGS: Final = 10_000
FIRST: Final = "large-0"
"""The id of the instance that has all bindings but those of the others."""
OTHERS: Final = 100
"""Bindings of each other instance."""
EVENTS: Final = 50_000
"""Audit events, which are logins."""
COLLECTION: Final = "collection 0"
"""The first collection."""

_EVENTS_AT_ONCE = 500


def populate(domain: Domain, zone: Zone, organization_guid: str = "org") -> None:
    """Add them to the zone of the organization."""
    for number in range(INSTANCES):
        descriptor = a_descriptor(f"large-{number}")
        domain.provision(f"large-{number}", descriptor, organization_guid=organization_guid)
    fill(domain.engine, zone.row_id, domain.clock.now())


def fill(engine: Engine, zone_row_id: int, now: datetime) -> None:
    """Add all but the instances, whose ids begin with ``large-``."""
    with engine.begin() as connection:
        rows = _Rows(connection, zone_row_id, now)
        rows.add_users()
        rows.add_collections()
        rows.add_members()
        rows.add_events()
        instances = connection.execute(
            select(service_instance.c.id, service_instance.c.client_row_id, client.c.client_id)
            .join(client, client.c.id == service_instance.c.client_row_id)
            .where(service_instance.c.instance_id.like("large-%"))
            .order_by(service_instance.c.instance_id != FIRST)
        ).all()
        for index, each in enumerate(instances):
            rows.add_bindings(each, OTHERS if index else BINDINGS - (INSTANCES - 1) * OTHERS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


class _Rows:
    """Inserts rows that a query makes of numbers."""

    def __init__(self, connection: Connection, zone_row_id: int, now: datetime) -> None:
        self._connection, self._zone_row_id, self._now = connection, zone_row_id, now

    def add_users(self) -> None:
        number = _numbers(USERS)
        name = "user-" + cast(number, String)
        self._insert(
            shadow_user,
            select(number),
            id=number + _row_id(),
            zone_row_id=self._zone_row_id,
            user_id="00000000-0000-4000-8000-" + cast(number + 100_000_000_000, String),
            origin=LOCAL_ORIGIN,
            name=name,
            folded_name=name,
            email=name + "@example.org",
            email_verified=false(),
            is_active=true(),
            created_at=self._now,
            updated_at=self._now,
            version=1,
            token_epoch=1,
            roles_epoch=1,
        )

    def add_collections(self) -> None:
        """Add collections with the roles of all applications in turn."""
        roles = self._connection.execute(select(role.c.id)).scalars().all()
        owner = self._connection.execute(
            select(role_collection.c.client_row_id).where(
                role_collection.c.zone_row_id == self._zone_row_id
            )
        ).scalars()
        number, first = _numbers(COLLECTIONS), _row_id()
        name = "collection " + cast(number, String)
        self._insert(
            role_collection,
            select(number),
            id=number + first,
            zone_row_id=self._zone_row_id,
            client_row_id=owner.first(),
            name=name,
            folded_name=name,
            is_read_only=false(),
        )
        for index, role_row_id in enumerate(roles):
            number = _numbers(COLLECTIONS)
            self._insert(
                role_collection_role,
                select(number).where(number % len(roles) == index),
                id=number + _row_id(),
                role_collection_row_id=number + first,
                role_row_id=role_row_id,
            )

    def add_members(self) -> None:
        collection = select(role_collection.c.id).where(role_collection.c.name == COLLECTION)
        users = select(shadow_user.c.id).where(shadow_user.c.name.like("user-%")).limit(MEMBERS)
        self._insert(
            role_assignment,
            users,
            id=func.row_number().over() + _row_id(),
            user_row_id=shadow_user.c.id,
            role_collection_row_id=collection.scalar_subquery(),
            created_by="test",
            created_at=self._now,
        )

    def add_events(self) -> None:
        """Add events of the last weeks, some of the same time."""
        in_zone = select(zone.c.guid).where(zone.c.id == self._zone_row_id)
        for hour in range(EVENTS // _EVENTS_AT_ONCE):
            number = _numbers(_EVENTS_AT_ONCE)
            user_id = "00000000-0000-4000-8000-" + cast(number + 100_000_000_000, String)
            self._insert(
                audit_event,
                select(number),
                id=number + _row_id(),
                at=self._now - timedelta(hours=hour),
                action="log-in",
                platform="",
                instance_id=FIRST if hour % 2 else "",
                binding_id="",
                correlation_id="",
                zone_guid=in_zone.scalar_subquery(),
                actor_kind="user",
                actor_id=user_id,
                subject_kind="user",
                subject_id=user_id,
                outcome="done",
                details="{}",
            )

    def add_bindings(self, instance: Row[int, int, str], count: int) -> None:
        """Add bindings whose credentials were used on each of the last days."""
        number, binding, secret = _numbers(count), _row_id(), _row_id()
        key = select(data_key.c.id).where(data_key.c.purpose == "digest").limit(1)
        name = f"{instance.client_id}-" + cast(number, String)
        self._insert(
            service_binding,
            select(number),
            id=number + binding,
            instance_row_id=instance.id,
            binding_id=name,
            credential_type="binding-secret",
            parameters="{}",
            sealed_payload=b"sealed",
            created_at=self._now,
        )
        self._insert(
            credential,
            select(number),
            id=number + secret,
            client_row_id=instance.client_row_id,
            lookup=name,
            binding_row_id=number + binding,
            type="binding-secret",
            digest=b"digest",
            digest_key_id=key.scalar_subquery(),
            generation=1,
            created_at=self._now,
        )
        self._insert(
            credential_usage,
            select(number),
            credential_row_id=number + secret,
            last_used_at=self._now,
            accepted=number,
            refused=0,
        )
        self._insert(
            credential_daily_use,
            select(number),
            credential_row_id=number + secret,
            day=self._now.date(),
            accepted=number,
            refused=0,
        )

    def _insert(self, table: Table, rows: Select[Any], **values: Any) -> None:
        columns = [table.c[name] for name in values]
        expressions = [
            value if hasattr(value, "label") else literal(value, column.type)
            for column, value in zip(columns, values.values(), strict=True)
        ]
        query = rows.with_only_columns(*expressions, maintain_column_froms=True)
        self._connection.execute(insert(table).from_select(list(values), query))


def _row_id() -> int:
    """Return a row id that is followed by enough others."""
    return new_row_id() // 2


def _numbers(count: int) -> ColumnElement[int]:
    """Return a column with the numbers below ``count``."""
    numbers = select(literal(0, BigInteger).label("n")).cte("numbers", recursive=True)
    following = select(numbers.c.n + 1).where(numbers.c.n < count - 1)
    return numbers.union_all(following).c.n

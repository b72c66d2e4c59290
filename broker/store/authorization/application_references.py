"""Application references in the database, and their pinned targets (D-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, insert, or_, select, update

from broker.authorization.reference import Reference, ResolvedReference
from broker.descriptor.declarations import Usage
from broker.descriptor.names import BUILT_IN_NAMES, OPERATOR_APPLICATION, is_built_in
from broker.ids import new_row_id
from broker.store.authorization.collections.declared import IS_IN_USE
from broker.store.database.deferred import execute_later
from broker.store.tables.core import client, service_instance, zone
from broker.store.tables.declared import application_reference as table
from broker.store.tables.declared import role_collection
from broker.store.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Row, Select

    from broker.identity.client import Client
    from broker.identity.zone import Zone
    from broker.instances.model import Instance

_KEY = (table.c.usage, table.c.holder, table.c.app_id, table.c.service_instance, table.c.name)
_IS_KNOWN = table.c.usage.in_(Usage)
_BY_NAME = table.c.app_id != ""
_BY_SERVICE = table.c.service_instance != ""
_MAY_BE_TARGET = and_(
    *(client.c.app_id.not_like(f"{name}!%") for name in sorted(BUILT_IN_NAMES)),
    client.c.app_id != OPERATOR_APPLICATION,
)
"""Whatever a descriptor says, no reference is pinned to a built-in application (D-56)."""
_IS_IN_USE = and_(
    table.c.usage == Usage.ROLE_TEMPLATE_REFERENCES,
    exists().where(
        role_collection.c.client_row_id == table.c.client_row_id,
        role_collection.c.name == table.c.holder,
        IS_IN_USE,
    ),
)
"""A waiting template of a role collection in use, which gets no further role (D-40)."""

_OWNER = client.alias("owner")
_IS_OWNER = _OWNER.c.id == table.c.client_row_id
_IN_ZONE = exists().where(_IS_OWNER, _OWNER.c.zone_row_id == bindparam("of_zone"))
# After a split, applications keep ids with the index of their former zone.
_IS_FOREIGN = exists().where(_IS_OWNER, ~_OWNER.c.app_id.like(bindparam("of_index")))
# Built once: building a statement takes longer than executing it.
_PINNED = update(table).values(target_row_id=bindparam("of_row"), space=bindparam("of_space"))
_PIN_BY_NAME = _PINNED.where(
    or_(
        and_(table.c.app_id == bindparam("of_app_id"), _IN_ZONE),
        and_(table.c.app_id == bindparam("of_local_id"), or_(_IN_ZONE, _IS_FOREIGN)),
    ),
    or_(table.c.space.is_(None), table.c.space == bindparam("of_space")),
    table.c.target_row_id.is_distinct_from(bindparam("of_row", type_=table.c.id.type)),
    ~_IS_IN_USE,
)
_PIN_BY_SERVICE = _PINNED.where(
    table.c.service_instance == bindparam("of_name"),
    table.c.space == bindparam("of_space"),
    table.c.target_row_id.is_(None),
    _IN_ZONE,
    ~_IS_IN_USE,
)


class ReferenceTable:
    """Stores references; a reference is pinned as soon as its target exists."""

    def __init__(self, connection: Connection) -> None:
        """``connection``: in a transaction that holds the zone's lock."""
        self._connection = connection

    def replace(
        self, instance: Instance, references: Collection[Reference], *, is_new: bool = False
    ) -> None:
        """Replace the instance's references; unchanged ones keep their pins.

        A pin by service instance name is resolved again if its target was deleted: such names are
        valid within the space only. ``is_new``: the instance has none yet.
        """
        if is_new and not references:
            return
        own = table.c.client_row_id == instance.client.row_id
        known = {
            Reference(Usage(row.usage), row.holder, row.app_id, row.service_instance, row.name): row
            # References with a usage of a newer version are left unchanged.
            for row in self._connection.execute(select(table).where(own, _IS_KNOWN))
        }
        removed = [{"row": row.id} for key, row in known.items() if key not in references]
        if removed:
            execute_later(
                self._connection, delete(table).where(table.c.id == bindparam("row")), removed
            )
        if not references:
            return
        # All references to one application have the same pin.
        pins = {
            _target(instance, row): {
                "target_row_id": row.target_row_id,
                "space": row.space,
            }
            for row in known.values()
            if row.target_row_id is not None
        }
        respelled = [
            {"row": known[reference].id, "limit": _limit(instance, reference)}
            for reference in references
            if reference in known and _is_respelled(instance, reference, known[reference])
        ]
        if respelled:
            execute_later(
                self._connection,
                update(table)
                .where(table.c.id == bindparam("row"))
                .values(target_row_id=None, space=bindparam("limit")),
                respelled,
            )
        new = []
        for reference in references:
            if reference in known:
                continue
            added, pin = _row(instance, reference), pins.get(_target(instance, reference))
            if pin and added["space"] in {None, pin["space"]}:
                added |= pin
            new.append(added)
        if new:
            execute_later(self._connection, insert(table), new)
        execute_later(
            self._connection,
            update(table)
            .where(own, _BY_SERVICE, ~exists().where(client.c.id == table.c.target_row_id))
            .values(target_row_id=None),
        )
        self.resolve_own(instance)

    def resolve_pending(self, instance: Instance) -> None:
        """Pin pending references of the same zone, or that name this zone, to this instance."""
        if is_built_in(instance.client.app_id):
            return
        zone_ = instance.client.zone
        found = {
            "of_row": instance.client.row_id,
            "of_space": instance.space,
            "of_zone": zone_.row_id,
        }
        by_name = {
            "of_app_id": instance.client.app_id,
            "of_local_id": instance.local_id,
            "of_index": f"%!_{zone_.index}",
        }
        execute_later(self._connection, _PIN_BY_NAME, found | by_name)
        if instance.name is not None:
            execute_later(self._connection, _PIN_BY_SERVICE, found | {"of_name": instance.name})

    def zones_of_grantees(self, oauth_client: Client) -> Sequence[Zone]:
        """Return the zones of the clients that this one grants scopes, in a fixed order."""
        rows = self._connection.execute(
            select(zone)
            .distinct()
            .join(client, client.c.zone_row_id == zone.c.id)
            .join(table, table.c.target_row_id == client.c.id)
            .where(
                table.c.client_row_id == oauth_client.row_id,
                table.c.usage.in_((Usage.GRANT_AS_AUTHORITY, Usage.GRANTED_APPS)),
            )
            .order_by(zone.c.id)
        )
        return [zone_of(row) for row in rows]

    def moved_ids(self, instance: Instance) -> Collection[str]:
        """Return the ids of applications that a split moved to the instance's zone.

        Those to which the instance refers stay valid after the deletion of their applications.
        """
        in_zone = client.c.zone_row_id == instance.client.zone.row_id
        moved = select(client.c.app_id).where(in_zone, client.c.local_id.is_not(None))
        stored = select(table.c.app_id).where(table.c.client_row_id == instance.client.row_id)
        return self._connection.execute(moved.union(stored)).scalars().all()

    def of(self, oauth_client: Client) -> Sequence[ResolvedReference]:
        """Return the client's references with their pinned applications."""
        rows = self._connection.execute(
            select(table, client.c.app_id.label("target_app_id"))
            .outerjoin(client, client.c.id == table.c.target_row_id)
            .where(table.c.client_row_id == oauth_client.row_id, _IS_KNOWN)
            .order_by(*_KEY)
        )
        return [
            ResolvedReference(
                Reference(Usage(row.usage), row.holder, row.app_id, row.service_instance, row.name),
                row.target_app_id,
            )
            for row in rows
        ]

    def resolve_own(self, instance: Instance) -> None:
        """Pin the instance's pending references to applications that exist."""
        own = table.c.client_row_id == instance.client.row_id
        pending = [own, table.c.target_row_id.is_(None), ~_IS_IN_USE]
        by_name = select(table.c.app_id).where(*pending, _BY_NAME)
        in_zone = client.c.zone_row_id == instance.client.zone.row_id
        own_index = f"%!_{instance.app_id.zone_index}"
        # After a split, an id with the index of the former zone names applications of the own one.
        unmoved = client.c.local_id.is_(None) & ~client.c.app_id.like(own_index)
        named = {client.c.app_id: unmoved, client.c.local_id: ~client.c.local_id.like(own_index)}
        for id_, in_named_zone in named.items():
            self._pin_found(
                table.c.app_id,
                select(id_, client.c.id, service_instance.c.space)
                .join(service_instance, service_instance.c.client_row_id == client.c.id)
                .where(
                    id_.in_(by_name),
                    service_instance.c.space.is_not(None),
                    or_(in_zone, in_named_zone),
                    _MAY_BE_TARGET,
                ),
                pending,
            )
        by_service = select(table.c.service_instance).where(*pending, _BY_SERVICE)
        self._pin_found(
            table.c.service_instance,
            select(service_instance.c.name, client.c.id, service_instance.c.space)
            .join(client, service_instance.c.client_row_id == client.c.id)
            .where(
                service_instance.c.space == instance.space,
                service_instance.c.name.in_(by_service),
                client.c.zone_row_id == instance.client.zone.row_id,
                _MAY_BE_TARGET,
            ),
            pending,
        )

    def _pin_found(
        self,
        column: Column[str],
        candidates: Select[*tuple[Any, ...]],
        pending: Iterable[ColumnElement[bool]],
    ) -> None:
        found = [
            {"target_name": row[0], "target": row[1], "target_space": row[2]}
            for row in self._connection.execute(candidates)
        ]
        if found:
            execute_later(
                self._connection,
                update(table)
                .where(
                    *pending,
                    column == bindparam("target_name"),
                    or_(table.c.space.is_(None), table.c.space == bindparam("target_space")),
                )
                .values(target_row_id=bindparam("target"), space=bindparam("target_space")),
                found,
            )


def _limit(instance: Instance, reference: Reference) -> str | None:
    """Return the only space in which the reference is resolved, None for any."""
    return instance.space if reference.service_instance or reference.in_own_space else None


def _is_respelled(instance: Instance, reference: Reference, row: Row[Any]) -> bool:
    """Return whether a stored reference by name now has another limit (D-54).

    An acceptance keeps its pin: versions before bare names were limited to the own space pinned
    it, and it grants nothing by itself.
    """
    if not reference.app_id or row.space == (limit := _limit(instance, reference)):
        return False
    return row.target_row_id is None or (reference.is_grant and limit is not None)


def _target(instance: Instance, reference: Reference | Row[Any]) -> tuple[str, str]:
    """Return what the reference names; after a split, by the index of the present zone."""
    name, mark, suffix = reference.app_id.rpartition("!")
    if mark and suffix[1:] == str(instance.app_id.zone_index):
        suffix = f"{suffix[:1]}{instance.client.zone.index}"
    return f"{name}{mark}{suffix}", reference.service_instance


def _row(instance: Instance, reference: Reference) -> dict[str, object]:
    return {
        "id": new_row_id(),
        "client_row_id": instance.client.row_id,
        "usage": reference.usage,
        "holder": reference.holder,
        "app_id": reference.app_id,
        "service_instance": reference.service_instance,
        "name": reference.name,
        "target_row_id": None,
        # By service instance or bare name the own space; else that of the first application found.
        "space": _limit(instance, reference),
    }

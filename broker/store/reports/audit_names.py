"""Names of what audit events concern, as far as it exists, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import literal, or_, select, union_all

from broker.audit.actor import ActorKind
from broker.audit.event import SubjectKind
from broker.audit.search import NamedUser, Names, collection_of
from broker.identity.zone import OPERATOR_INDEX
from broker.store.tables.core import client, service_binding, service_instance, zone
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from broker.audit.event import AuditEvent

_NO_NAMES: Final = Names()


def names_of(connection: Connection, events: Sequence[AuditEvent]) -> Names:
    """Return the names; users are of the events' zones or operators, others of the zones alone."""
    queries = list(_queries(events))
    if not queries:
        return _NO_NAMES
    found: dict[str, list[tuple[str, str, str]]] = {}
    for kind, zone_guid, id_, name in connection.execute(union_all(*queries)):
        found.setdefault(kind, []).append((zone_guid, id_, name))
    return Names(
        users={id_: NamedUser(name, of) for of, id_, name in found.get(SubjectKind.USER, ())},
        applications={id_: name for _, id_, name in found.get(SubjectKind.INSTANCE, ())},
        zones={id_: name for _, id_, name in found.get(SubjectKind.ZONE, ())},
        bindings=frozenset((name, id_) for _, id_, name in found.get(SubjectKind.BINDING, ())),
        collections=frozenset(
            (of, id_) for of, id_, _ in found.get(SubjectKind.ROLE_COLLECTION, ())
        ),
    )


def _queries(events: Sequence[AuditEvent]) -> list[Select[Any]]:
    """Return a query for each kind of thing that the events concern."""
    zones = {each.zone_guid for each in events if each.zone_guid}
    in_zones = zone.c.guid.in_(sorted(zones))
    users = {each.actor.id for each in events if each.actor.kind == ActorKind.USER}
    users |= {each.subject.id for each in events if each.subject.kind == SubjectKind.USER}
    instances = {each.instance_id for each in events if each.instance_id}
    bindings = {each.binding_id for each in events if each.binding_id}
    collections = {collection_of(each) for each in events} - {""}
    queries: list[Select[Any]] = []
    if zones:
        queries.append(_query(SubjectKind.ZONE, zone.c.guid, zone.c.subdomain).where(in_zones))
    if users:
        queries.append(
            _query(SubjectKind.USER, shadow_user.c.user_id, shadow_user.c.name)
            .join(shadow_user, shadow_user.c.zone_row_id == zone.c.id)
            .where(
                shadow_user.c.user_id.in_(sorted(users)),
                or_(in_zones, zone.c.number == OPERATOR_INDEX),
            )
        )
    if instances:
        queries.append(
            _query(SubjectKind.INSTANCE, service_instance.c.instance_id, client.c.app_id)
            .join(client, client.c.zone_row_id == zone.c.id)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .where(service_instance.c.instance_id.in_(sorted(instances)), in_zones)
        )
    if instances and bindings:
        queries.append(
            _query(
                SubjectKind.BINDING, service_binding.c.binding_id, service_instance.c.instance_id
            )
            .join(client, client.c.zone_row_id == zone.c.id)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .join(service_binding, service_binding.c.instance_row_id == service_instance.c.id)
            .where(
                service_instance.c.instance_id.in_(sorted(instances)),
                service_binding.c.binding_id.in_(sorted(bindings)),
                in_zones,
            )
        )
    if collections:
        queries.append(
            _query(SubjectKind.ROLE_COLLECTION, role_collection.c.name, role_collection.c.name)
            .join(role_collection, role_collection.c.zone_row_id == zone.c.id)
            .where(role_collection.c.name.in_(sorted(collections)), in_zones)
        )
    return queries


def _query(kind: SubjectKind, id_: Any, name: Any) -> Select[Any]:
    return select(literal(str(kind)), zone.c.guid, id_, name).select_from(zone)

"""Role collections in tests of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from broker.audit.actor import Actor, ActorKind
from broker.authorization.collections.assign import UNLIMITED, AssignCollections, Terms
from broker.identity.built_in_roles import EVERY_WRITE_SCOPE
from broker.identity.users.find import UserName
from broker.store.tables.core import client
from broker.store.tables.declared import role, role_collection, role_collection_role, role_template
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from broker.identity.user import User
    from tests.support.domain import Domain

ADMINISTRATOR = Actor(ActorKind.USER, "an-administrator", scopes=frozenset(EVERY_WRITE_SCOPE))
"""An administrator who may change who administers."""


def descriptor(name: str = "app", *collections: str, **more: Any) -> dict[str, Any]:
    """Return a descriptor with the template Viewer in each of the collections."""
    return {
        "xsappname": name,
        "scopes": [{"name": "$XSAPPNAME.read"}],
        "role-templates": [
            {"name": "Viewer", "scope-references": ["$XSAPPNAME.read"]},
            {"name": "Editor"},
        ],
        "role-collections": [
            {"name": each, "role-template-references": ["$XSAPPNAME.Viewer"]}
            for each in collections
        ],
        **more,
    }


def user_name(user: User) -> UserName:
    """Return the name of the user as a request gives it."""
    return UserName(user.zone.guid, user.name, user.origin)


def assign(
    domain: Domain,
    user: User,
    collection: str,
    actor: Actor = OPERATOR,
    terms: Terms = UNLIMITED,
) -> bool:
    """Assign the collection to the user."""
    service = AssignCollections(domain.transactions)
    return service.assign(actor, user_name(user), collection, terms)


def unassign(domain: Domain, user: User, collection: str, actor: Actor = OPERATOR) -> bool:
    """End the assignment."""
    return AssignCollections(domain.transactions).unassign(actor, user_name(user), collection)


def built_in_rows(connection: Connection, table: Table) -> set[int]:
    """Return the ids of the rows of role tables that built-in applications own."""
    owned = select(client.c.id).where(client.c.service_instance_guid == "")
    templates = select(role_template.c.id).where(role_template.c.client_row_id.in_(owned))
    roles = select(role.c.id).where(role.c.role_template_row_id.in_(templates))
    collections = select(role_collection.c.id).where(role_collection.c.client_row_id.in_(owned))
    conditions = {
        "client": client.c.id.in_(owned),
        "role_template": role_template.c.id.in_(templates),
        "role": role.c.id.in_(roles),
        "role_collection": role_collection.c.id.in_(collections),
        "role_collection_role": role_collection_role.c.role_collection_row_id.in_(collections),
    }
    if table.name not in conditions:
        return set()
    return set(connection.execute(select(table.c.id).where(conditions[table.name])).scalars())

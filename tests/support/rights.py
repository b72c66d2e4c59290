"""Role collections of users, and their rights at the clients of service instances."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import insert, select, update

from broker.authorization.user_rights import DecidedRights
from broker.authorization.user_scopes import user_scopes
from broker.descriptor.parse import parse_descriptor
from broker.identity.client import Client
from broker.identity.client_settings import ClientSettings
from broker.ids import new_row_id
from broker.store.authorization.user_rights import StoredRoles
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.core import client as client_table
from broker.store.tables.declared import role_collection
from tests.support.users import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.rights import Rights
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

MAX_SNAPSHOT_AGE = timedelta(days=7)


def a_client(zone: Zone, app_id: str) -> Client:
    """Return a client that is stored nowhere."""
    return Client(
        row_id=new_row_id(),
        zone=zone,
        client_id=f"sb-{app_id}",
        app_id=app_id,
        service_instance_guid=str(uuid4()),
        credential_types=("binding-secret",),
        authorities=("uaa.resource",),
        grant_types=("password",),
        token_validity=None,
        accepts_grants=False,
        epoch=1,
    )


def collection_id(domain: Domain, zone: Zone, name: str) -> int:
    """Return the row id of the zone's role collection."""
    query = select(role_collection.c.id).where(
        role_collection.c.zone_row_id == zone.row_id, role_collection.c.name == name
    )
    with domain.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def assign(domain: Domain, user: User, name: str, *, expires_at: datetime | None = None) -> None:
    """Assign the role collection to the user, without raising an epoch."""
    values = {
        "id": new_row_id(),
        "user_row_id": user.row_id,
        "role_collection_row_id": collection_id(domain, user.zone, name),
        "created_by": "test",
        "created_at": NOW,
        "expires_at": expires_at,
    }
    with domain.engine.begin() as connection:
        connection.execute(insert(role_assignment).values(values))


def map_(domain: Domain, user: User, name: str, attribute: str, value: str) -> None:
    """Map the value of the user's provider to the role collection."""
    values = {
        "id": new_row_id(),
        "role_collection_row_id": collection_id(domain, user.zone, name),
        "origin": user.origin,
        "attribute": attribute,
        "operator": "equals",
        "value": value,
        "created_by": "test",
        "created_at": NOW,
    }
    with domain.engine.begin() as connection:
        connection.execute(insert(role_mapping).values(values))


def approve(domain: Domain, client: Client, at: datetime | None = NOW) -> None:
    """Approve the client for ``xs_*`` scopes, or with None revoke the approval."""
    change = update(client_table).where(client_table.c.id == client.row_id)
    with domain.engine.begin() as connection:
        connection.execute(change.values(approved_at=at, approved_by="test"))


def decided_rights(domain: Domain) -> DecidedRights:
    """Return the function, without cached decisions."""
    return DecidedRights(StoredRoles(domain.engine), domain.clock, MAX_SNAPSHOT_AGE)


def settings_of(parameters: dict[str, Any]) -> ClientSettings:
    """Return the settings of a client with this descriptor."""
    return ClientSettings(user_scopes=user_scopes(parse_descriptor(parameters)))


def rights_at(
    domain: Domain, user: User, instance_id: str, parameters: dict[str, Any], **request: Any
) -> Rights:
    """Return the user's rights at the instance's client."""
    client = domain.instance(instance_id).client
    return decided_rights(domain).of(user, client, settings_of(parameters), **request)

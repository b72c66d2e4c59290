"""Databases with any number of users, each with ten role collections."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import event, insert, select

from broker.authorization.user_scopes import user_scopes
from broker.descriptor.parse import parse_descriptor
from broker.identity.client_settings import ClientSettings
from broker.identity.user import LOCAL_ORIGIN
from broker.ids import new_row_id
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.tables.assignments import role_assignment
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user
from tests.support.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from benchmarks.databases import Databases
    from broker.identity.client import Client

COLLECTIONS_PER_USER = 10
_APPLICATIONS = 20
_TEMPLATES = 5
_SCOPES = 4
_ROWS_AT_A_TIME = 5_000
_MAX_KNOWN = 2_000


@dataclass(frozen=True, slots=True)
class People:
    """An engine, the first application's client, and the ids of some users."""

    engine: Engine
    client: Client
    settings: ClientSettings
    user_ids: Sequence[str]


@cache
def people(databases: Databases, kind: str, number: int) -> People:
    """Return a database of this kind with so many users of one zone, for all measurements."""
    url = databases.empty(kind, f"people_{kind}_{number}")
    engine = open_engine(url, connections=2, lock_timeout=45)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _hurry)
    schema.upgrade(engine)
    domain = Domain(url)
    for index in range(_APPLICATIONS):
        domain.provision(f"app-{index}", _descriptor(index))
    client = domain.instance("app-0").client
    domain.close()
    user_ids = _users(engine, client.zone.row_id, number)
    settings = ClientSettings(user_scopes=user_scopes(parse_descriptor(_descriptor(0))))
    return People(engine, client, settings, random.sample(user_ids, min(number, _MAX_KNOWN)))


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()


def _descriptor(index: int) -> dict[str, Any]:
    scopes = [f"$XSAPPNAME.scope-{scope}" for scope in range(_TEMPLATES * _SCOPES)]
    return {
        "xsappname": f"app-{index}",
        "scopes": [{"name": scope} for scope in scopes],
        "attributes": [{"name": "Country"}],
        "role-templates": [
            {
                "name": f"Template-{number}",
                "scope-references": scopes[number * _SCOPES : (number + 1) * _SCOPES],
                "attribute-references": [{"name": "Country", "default-values": ["DE", "FR"]}],
            }
            for number in range(_TEMPLATES)
        ],
        "role-collections": [
            {
                "name": f"App {index}, collection {number}",
                "role-template-references": [f"$XSAPPNAME.Template-{number}"],
            }
            for number in range(_TEMPLATES)
        ],
    }


def _users(engine: Engine, zone_row_id: int, number: int) -> list[str]:
    now, user_ids = datetime.now(UTC), []
    with engine.connect() as connection:
        collections = connection.execute(select(role_collection.c.id)).scalars().all()
    for start in range(0, number, _ROWS_AT_A_TIME):
        users, assignments = [], []
        for index in range(start, min(start + _ROWS_AT_A_TIME, number)):
            user = _user(zone_row_id, index, now)
            users.append(user)
            user_ids.append(user["user_id"])
            assignments += [
                {
                    "id": new_row_id(),
                    "user_row_id": user["id"],
                    "role_collection_row_id": collection,
                    "created_by": "benchmark",
                    "created_at": now,
                }
                for collection in random.sample(collections, COLLECTIONS_PER_USER)
            ]
        with engine.begin() as connection:
            connection.execute(insert(shadow_user), users)
            connection.execute(insert(role_assignment), assignments)
    return user_ids


def _user(zone_row_id: int, index: int, now: datetime) -> dict[str, Any]:
    return {
        "id": new_row_id(),
        "zone_row_id": zone_row_id,
        "user_id": str(uuid4()),
        "origin": LOCAL_ORIGIN,
        "name": f"User-{index}",
        "folded_name": f"user-{index}",
        "email": f"User-{index}@example.com",
        "email_verified": False,
        "is_active": True,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "token_epoch": 1,
        "roles_epoch": 1,
    }

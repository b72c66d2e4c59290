"""Databases with any number of valid bindings, created in bulk by the product's own code."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from sqlalchemy import event, insert

from broker.addresses import Addresses
from broker.audit.actor import platform_actor
from broker.authorization.declare import Declare
from broker.clock import SystemClock
from broker.credentials.binding_secret import BindingSecret
from broker.credentials.owner_mac import CredentialOwner
from broker.descriptor.model import CredentialType
from broker.identity.zone import ZoneDirectory
from broker.ids import new_row_id
from broker.instances.plan import Plan
from broker.lifecycle.issuing.payload import SECRET_FIELD, Payloads
from broker.lifecycle.provision import Provision
from broker.lifecycle.requests import ProvisionRequest
from broker.logs.structured import configure_logging
from broker.redirects.policy import RedirectPolicy
from broker.settings.master_keys import parse_master_keys
from broker.store.bootstrap import create_missing_keys
from broker.store.credentials.secrets import FIRST_GENERATION
from broker.store.database import schema
from broker.store.database.columns import json_text
from broker.store.database.engine import open_engine
from broker.store.repositories import Repositories
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.owner_macs import credential_columns, digest_columns
from broker.store.sealing.places import payload_place
from broker.store.sealing.sealed import Sealer
from broker.store.tables.core import credential, service_binding
from broker.tokens.signing import new_signing_key
from tests.support.platform import APPLICATION, SERVICE_ID, a_descriptor, credential_types

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

    from broker.instances.model import Instance

T = TypeVar("T")
_Row = dict[str, Any]

BINDINGS_PER_INSTANCE = 100
MAX_KNOWN_CREDENTIALS = 20_000
"""The number of client ids with secrets that are kept for the load generator."""

_INSTANCES_PER_ZONE = 1_000
_ROWS_AT_A_TIME = 10_000
_TYPE = CredentialType.BINDING_SECRET
_CALLER = platform_actor("default")
_ADDRESSES = Addresses(
    public_url="http://localhost:8080",
    cert_url="https://localhost:8443",
    api_url="http://localhost:8080",
    domain="localhost:8443",
)


@dataclass(frozen=True, slots=True)
class Known:
    """A client with its plaintext secret."""

    client_id: str
    secret: str


def populate(
    database_url: str, master_keys: str, bindings: int, instances: int | None = None
) -> list[Known]:
    """Fill an empty database with this number of bindings; return some clients at random.

    They are binding secrets, on so many instances, or ``BINDINGS_PER_INSTANCE`` on each.
    """
    # Audit events are also logged, among the lines of progress.
    configure_logging("error", as_json=False)
    instances = instances or max(1, bindings // BINDINGS_PER_INSTANCE)
    engine = open_engine(database_url, connections=2, lock_timeout=45)
    event.listen(engine, "connect", _HURRY[engine.dialect.name])
    try:
        schema.upgrade(engine)
        keys = DataKeys(engine, parse_master_keys(master_keys))
        signing_key = new_signing_key()
        create_missing_keys(engine, keys, lambda: signing_key, datetime.now(UTC))
        owners = _provision(engine, keys, instances)
        payloads = Payloads(
            _ADDRESSES, lambda: signing_key.public_key, with_service_instance_id=True
        )
        return _bind(engine, _Rows(keys, payloads), owners, bindings)
    finally:
        engine.dispose()


def _hurry_sqlite(connection: Any, _record: object) -> None:
    """Do not wait for the disk: an incomplete database needs no durability."""
    for pragma in ("synchronous=OFF", "cache_size=-1000000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _hurry_postgresql(connection: Any, _record: object) -> None:
    """Do the same; must override the product's own, earlier listener."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'off', false)")
    connection.commit()


_HURRY = {"sqlite": _hurry_sqlite, "postgresql": _hurry_postgresql}


@dataclass(frozen=True, slots=True)
class _OneTransaction:
    """Runs the product's code inside an open transaction."""

    repositories: Repositories

    def run(self, work: Callable[[Any], T]) -> T:
        return work(self.repositories)

    def read(self, work: Callable[[Any], T]) -> T:
        return work(self.repositories)


def _provision(engine: Engine, keys: DataKeys, number: int) -> list[Instance]:
    instances = []
    with engine.begin() as connection:
        transactions = _OneTransaction(Repositories(connection, keys))
        zones, clock = ZoneDirectory(), SystemClock()
        declare = Declare(zones, RedirectPolicy(), clock)
        provision = Provision(transactions, clock, zones, declare, (_TYPE,), number)
        for index in range(number):
            organization = f"organization-{index // _INSTANCES_PER_ZONE}"
            instances.append(provision(_provision_request(organization)).instance)
    return instances


def _provision_request(organization: str) -> ProvisionRequest:
    types = {"oauth2-configuration": credential_types(_TYPE)}
    return ProvisionRequest(
        caller=_CALLER,
        instance_id=str(uuid4()),
        service_id=SERVICE_ID,
        plan_id=APPLICATION,
        plan=Plan.APPLICATION,
        parameters=a_descriptor() | types,
        organization_guid=organization,
        space_guid="space",
        context={},
    )


def _bind(engine: Engine, rows: _Rows, instances: Sequence[Instance], number: int) -> list[Known]:
    chosen = frozenset(random.sample(range(number), min(number, MAX_KNOWN_CREDENTIALS)))
    known = []
    for start in range(0, number, _ROWS_AT_A_TIME):
        with engine.begin() as connection:
            indexes = range(start, min(start + _ROWS_AT_A_TIME, number))
            owners = [instances[index % len(instances)] for index in indexes]
            made = rows.insert(connection, owners)
            known += [each for index, each in zip(indexes, made, strict=True) if index in chosen]
    return known


class _Rows:
    """Creates rows as the repositories write them."""

    def __init__(self, keys: DataKeys, payloads: Payloads) -> None:
        self._sealer = Sealer(keys)
        self._digest_key = keys.newest_digest_key()
        self._payloads = payloads
        self._mint = BindingSecret().mint

    def insert(self, connection: Connection, owners: Sequence[Instance]) -> list[Known]:
        """Insert a binding with a credential for each of the instances."""
        rows = [self._rows(instance, datetime.now(UTC)) for instance in owners]
        connection.execute(insert(service_binding), [binding for binding, _, _ in rows])
        connection.execute(insert(credential), [secret for _, secret, _ in rows])
        return [known for *_, known in rows]

    def _rows(self, instance: Instance, now: datetime) -> tuple[_Row, _Row, Known]:
        binding_id, binding, row_id = str(uuid4()), new_row_id(), new_row_id()
        client_id, secret = instance.client.client_id, self._mint(binding_id)
        payload = self._payloads.build(instance, _TYPE) | {SECRET_FIELD: secret.text}
        place = payload_place(binding, binding_id, instance.owner)
        owner = CredentialOwner(
            row_id, _TYPE, secret.lookup, binding, FIRST_GENERATION, instance.client.identity
        )
        return (
            {
                "id": binding,
                "instance_row_id": instance.row_id,
                "binding_id": binding_id,
                "credential_type": _TYPE,
                "parameters": "{}",
                "sealed_payload": self._sealer.seal(json_text(payload).encode(), place),
                "created_at": now,
            },
            {
                **credential_columns(owner),
                **digest_columns(self._digest_key, owner, secret.text),
                "created_at": now,
            },
            Known(client_id, secret.text),
        )

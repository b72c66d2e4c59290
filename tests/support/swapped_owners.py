"""Two owners on two platforms, whose rows a database writer swaps column by column (D-52)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import delete, select, text, update

from broker.audit.actor import platform_actor
from broker.credentials.digest import revocation_signature
from broker.errors import AuthenticationFailed, BrokerError
from broker.lifecycle.requests import BindRequest
from broker.store.database.engine import READ_OPTIONS
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.owner_checks import owner_problems
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import (
    client,
    credential,
    data_key,
    service_binding,
    service_instance,
    signing_key,
    zone,
)
from tests.support.domain import APPLICATION, MASTER_KEYS, OPERATOR, SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Column, Connection, Table

    from broker.audit.actor import Actor
    from broker.authentication.client import AuthenticatedClient
    from broker.credentials.envelope import Payload
    from tests.support.domain import Domain

PARAMETERS: dict[str, dict[str, Any]] = {
    "shared": {"credential-type": "instance-secret"},
    "own": {"credential-type": "binding-secret"},
    "hidden": {"credential-type": "binding-secret", "hide-secret": True},
    "x509": {"credential-type": "x509"},
}
TABLES = (zone, client, service_instance, service_binding, credential)
"""The chain from a secret to its owner."""

_SECRET_FIELDS = ("clientsecret", "key", "certificate")
_TYPES = ["instance-secret", "binding-secret", "x509"]
_DIFFERENT_BY_KIND = (credential.c.type, service_binding.c.credential_type)
_TEMPORARY: dict[type, Any] = {int: -1, str: "~", bytes: b"~"}


def unbind(domain: Domain) -> None:
    """Give the empty database the data keys of a version before owners were bound."""
    with domain.engine.begin() as connection:
        connection.execute(delete(signing_key))
        connection.execute(delete(data_key))
        keys = DataKeys(domain.engine, MASTER_KEYS)
        for purpose in Purpose:
            keys.add(connection, purpose, domain.clock.now())
    domain.__post_init__()


@contextmanager
def without_foreign_keys(domain: Domain) -> Iterator[Connection]:
    """Return a connection without transaction and without checks of references."""
    engine = domain.engine
    off, on = (
        ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")
        if engine.dialect.name == "sqlite"
        else ("SET session_replication_role=replica", "SET session_replication_role=origin")
    )
    with engine.connect().execution_options(**READ_OPTIONS) as connection:
        connection.execute(text(off))
        yield connection
        connection.execute(text(on))


@dataclass
class Owner:
    """A platform with one service instance, and its payloads by the name of their parameters."""

    number: int
    payloads: dict[str, Payload] = field(default_factory=dict)
    former_secret: str = ""

    @property
    def caller(self) -> Actor:
        """The platform."""
        return platform_actor(f"p{self.number}")

    @property
    def instance_id(self) -> str:
        """The id of the service instance."""
        return f"i{self.number}"

    @property
    def client_id(self) -> str:
        """The id of its client."""
        return str(self.payloads["own"]["clientid"])

    @property
    def secrets(self) -> set[str]:
        """What only this owner may see."""
        return {
            each[name] for each in self.payloads.values() for name in _SECRET_FIELDS if name in each
        }

    def bind(self, domain: Domain, name: str) -> Payload:
        """Create the binding, or repeat the request."""
        request = BindRequest(
            caller=self.caller,
            instance_id=self.instance_id,
            binding_id=f"{name}-{self.number}",
            service_id=SERVICE,
            plan_id=APPLICATION,
            parameters=PARAMETERS[name],
            app_guid=None,
        )
        return domain.bind_(request).payload

    def proofs(self, domain: Domain, client_id: str) -> Iterator[Callable[[], AuthenticatedClient]]:
        """Yield authentications as this client with each credential of the owner."""
        secrets = [self.payloads[name]["clientsecret"] for name in ("shared", "own")]
        for secret in (*secrets, self.former_secret):
            yield partial(domain.authenticator.authenticate, client_id, secret)
        pem = self.payloads["x509"]["certificate"].encode()
        der = x509.load_pem_x509_certificates(pem)[0].public_bytes(Encoding.DER)
        yield partial(domain.certificate_authenticator.authenticate, client_id, der)


@dataclass(frozen=True)
class Effect:
    """What the swap of one column of the rows of both owners leads to."""

    shown: bool
    """The API gives an owner access to the service instance or a secret of the other one."""
    accepted: bool
    """A credential authenticates otherwise than before: as another client or generation."""
    named: bool
    """``doctor check`` reports it."""


class TwoOwners:
    """Two owners with service instances in zones of their own, and rows that differ."""

    def __init__(self, domain: Domain) -> None:
        """Provision, bind and rotate for both, and revoke the tokens of the first."""
        self.domain = domain
        domain.clock.time = datetime.now(UTC)
        self.owners = [self._owner(number) for number in (1, 2)]
        first = domain.transactions.read(lambda store: store.instances.find("i1"))
        assert first is not None
        domain.transactions.run(lambda store: store.issued_tokens.revoke_all(first.client))
        with domain.engine.connect() as connection:
            self._pairs = {table: _pairs(connection, table) for table in TABLES}
        self._baseline = self.accepted()

    def effect(self, column: Column[Any]) -> Effect:
        """Swap the column, observe, and swap it back."""
        with self.swapped(column):
            return Effect(self.shows(), self.differs(), bool(self.problems()))

    def problems(self) -> list[str]:
        """Return what ``doctor check`` reports about owners."""
        values = SealedValues(self.domain.engine)
        return [each.problem for each in owner_problems(values, self.domain.keys)]

    @contextmanager
    def swapped(self, column: Column[Any]) -> Iterator[None]:
        """Swap the values of the column between the rows of both owners."""
        pairs = self._pairs[column.table]
        if any(column is each for each in _DIFFERENT_BY_KIND):
            # Between rows of different kinds.
            ones, others = zip(*pairs, strict=True)
            pairs = list(zip(ones, (*others[1:], others[0]), strict=True))
        self._swap(column, pairs)
        yield
        self._swap(column, pairs)

    def _owner(self, number: int) -> Owner:
        owner, domain = Owner(number), self.domain
        organization = f"organization-{number}"
        domain.provision(
            owner.instance_id,
            {
                "xsappname": f"app-{number}",
                "oauth2-configuration": {"credential-types": _TYPES},
            },
            caller=owner.caller,
            organization_guid=organization,
            context={"platform": "cloudfoundry", "organization_guid": organization},
        )
        owner.former_secret = owner.bind(domain, "shared")["clientsecret"]
        domain.rotate_.rotate(OPERATOR, owner.instance_id, timedelta(days=number))
        for name in PARAMETERS:
            owner.payloads[name] = owner.bind(domain, name)
        return owner

    def shows(self) -> bool:
        """Return whether an owner reaches the other one, asking for everything there is."""
        for owner, other in (self.owners, reversed(self.owners)):
            for instance in (owner, other):
                for holder in (owner, other):
                    for name in PARAMETERS:
                        ids = instance.instance_id, f"{name}-{holder.number}"
                        if self._payload(owner, *ids) & other.secrets:
                            return True
                if self._reached(owner, instance.instance_id) == other.client_id:
                    return True
            for name in ("shared", "own"):
                if self._repeated(owner, name) & other.secrets:
                    return True
        return False

    def _repeated(self, owner: Owner, name: str) -> set[str]:
        # A binding that is not found would be created.
        if not self._payload(owner, owner.instance_id, f"{name}-{owner.number}"):
            return set()
        try:
            return set(map(str, owner.bind(self.domain, name).values()))
        except BrokerError:
            return set()

    def _payload(self, owner: Owner, instance_id: str, binding_id: str) -> set[str]:
        try:
            _, payload = self.domain.fetch_.credentials(owner.caller, instance_id, binding_id)
        except BrokerError:
            return set()
        return set(map(str, payload.values()))

    def _reached(self, owner: Owner, instance_id: str) -> str:
        """Return the id of the client for which the owner could create a binding."""
        try:
            return self.domain.fetch_.instance(owner.caller, instance_id).client.client_id
        except BrokerError:
            return ""

    def differs(self) -> bool:
        """Return whether anything authenticates otherwise than before."""
        found = self.accepted()
        return any(found[key] not in {"", self._baseline[key]} for key in found)

    def accepted(self) -> dict[tuple[int, str, int], object]:
        """Return how each credential authenticates as each client, '' for a refusal."""
        found: dict[tuple[int, str, int], object] = {}
        for owner in self.owners:
            for claimed in self.owners:
                proofs = owner.proofs(self.domain, claimed.client_id)
                for number, prove in enumerate(proofs):
                    key = owner.number, claimed.client_id, number
                    found[key] = _identity(prove, self.domain)
        return found

    def _swap(self, column: Column[Any], pairs: list[tuple[int, int]]) -> None:
        with without_foreign_keys(self.domain) as connection:
            for one, two in pairs:
                _swap(connection, column, one, two)


def _identity(prove: Callable[[], AuthenticatedClient], domain: Domain) -> object:
    """Return client, credential and generation of the authentication, '' for a refusal."""
    try:
        found = prove()
    except AuthenticationFailed:
        return ""
    key, row_id = domain.keys.token_key(), found.credential_id
    [generation] = [
        number
        for number in range(5)
        if revocation_signature(key.secret, row_id, number) == found.revocation_signature
    ]
    return found.client.identity, row_id, generation


def _pairs(connection: Connection, table: Table) -> list[tuple[int, int]]:
    """Return the ids of corresponding rows of both owners."""
    owned = service_instance.join(client, client.c.id == service_instance.c.client_row_id)
    order = []
    if table is zone:
        owned = owned.join(zone, zone.c.id == client.c.zone_row_id)
    if table in {service_binding, credential}:
        of_binding = service_binding.c.instance_row_id == service_instance.c.id
        order.append(service_binding.c.binding_id)
        if table is credential:
            owned = owned.join(credential, credential.c.client_row_id == client.c.id)
            of_binding &= service_binding.c.id == credential.c.binding_row_id
        owned = owned.outerjoin(service_binding, of_binding)
    first, second = (
        connection.execute(
            select(table.c.id)
            .select_from(owned)
            .where(service_instance.c.instance_id == f"i{number}")
            .order_by(*order)
        )
        .scalars()
        .all()
        for number in (1, 2)
    )
    return list(zip(first, second, strict=True))


def _swap(connection: Connection, column: Column[Any], one: int, two: int) -> None:
    table = column.table
    values = dict(
        connection.execute(select(table.c.id, column).where(table.c.id.in_((one, two)))).all()
    )

    def write(row_id: int, value: Any) -> None:
        connection.execute(update(table).where(table.c.id == row_id).values({column: value}))

    if values[one] == values[two]:
        return
    if type(values[one]) in _TEMPORARY:
        # Values may be unique.
        write(one, _TEMPORARY[type(values[one])])
    write(two, values[one])
    write(one, values[two])

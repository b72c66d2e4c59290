"""The domain on a real database, without HTTP and with a clock that tests set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from broker.addresses import Addresses
from broker.audit.actor import Actor, ActorKind, platform_actor
from broker.authentication.certificate import CertificateAuthenticator
from broker.authentication.secret import SecretAuthenticator
from broker.authorization.declare import Declare
from broker.credentials.usage import Usage
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed
from broker.identity.zone import ZoneDirectory, ZoneRule
from broker.instances.plan import Plan
from broker.lifecycle.bind import Bind
from broker.lifecycle.deprovision import Deprovision
from broker.lifecycle.fetch import Fetch
from broker.lifecycle.guard import UsageGuard
from broker.lifecycle.issuing.certificates import CertificateBindings
from broker.lifecycle.issuing.payload import Payloads
from broker.lifecycle.issuing.registry import issuers
from broker.lifecycle.provision import Provision
from broker.lifecycle.requests import BindRequest, DeleteRequest, ProvisionRequest, UpdateRequest
from broker.lifecycle.rotate import Rotate
from broker.lifecycle.unbind import Unbind
from broker.lifecycle.update import Update
from broker.pki.authority import Authority
from broker.pki.issuing import IssuingAuthorities
from broker.pki.trust import Trust, TrustBundle
from broker.redirects.policy import RedirectPolicy
from broker.store.bootstrap import create_missing_keys
from broker.store.certificate_authorities import OwnAuthorities
from broker.store.credentials.certificates import StoredCertificates
from broker.store.credentials.lookup import StoredCredentials
from broker.store.credentials.usage import write_usage
from broker.store.database.engine import open_engine
from broker.store.sealing.data_keys import DataKeys
from broker.store.tokens.granted_scopes import StoredGrants
from broker.store.transactions import StoreTransactions
from broker.tokens.client_authorities import Authorities
from broker.tokens.signing import new_signing_key
from tests.support.keys import KeyStock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from broker.authorization.reference import ResolvedReference
    from broker.credentials.envelope import Payload
    from broker.instances.model import Instance
    from broker.lifecycle.provision import Provisioned

MASTER_KEYS = {"test": hashlib.sha256(b"test").digest()}
ADDRESSES = Addresses(
    public_url="https://uaa.example.org",
    cert_url="https://cert.example.org",
    api_url="https://api.example.org",
    domain="uaa.example.org",
)
CALLER = platform_actor("default", {"platform": "cloudfoundry", "value": {"user_id": "u"}}, "c-1")
OPERATOR = Actor(ActorKind.COMMAND_LINE, "operator")
SERVICE, APPLICATION, APIACCESS = "service", "plan-application", "plan-apiaccess"


a_signing_key = cache(new_signing_key)
"""Shared by all tests: key generation takes longer than most of them."""


def create_keys(url: str) -> None:
    """Create the keys of a database that many tests copy."""
    engine = open_engine(url, connections=2, lock_timeout=5)
    create_missing_keys(engine, DataKeys(engine, MASTER_KEYS), a_signing_key, FakeClock().now())
    engine.dispose()


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    """Return the engine of a URL, which keeps the statements that it has compiled."""
    engine = open_engine(url, connections=8, lock_timeout=120)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _without_synchronization)
    return engine


def _without_synchronization(connection: Any, _record: object) -> None:
    # No such test ends the machine.
    connection.execute("PRAGMA synchronous=OFF")


@dataclass
class FakeClock:
    """A clock that stands still until it is advanced."""

    time: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the set time."""
        return self.time

    def advance(self, **amount: float) -> None:
        """Go forward by this timedelta."""
        self.time += timedelta(**amount)


@dataclass
class Domain:
    """All operations on one migrated database; ids default to one instance."""

    database_url: str
    mints_instance_secrets: bool = True
    relist_days: int = 7
    guard_days: int = 0
    zone_rules: Sequence[ZoneRule] = ()
    shared_domains: tuple[str, ...] = ()
    localhost: bool = True
    max_instances: int = 2500
    max_bindings: int = 1000
    supplied_authority: Authority | None = None
    trusted_ca_file: Path | None = None
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        """Wire the operations as the application does."""
        # Separate options, so that a test's event listeners end with it.
        self.engine = _engine(self.database_url).execution_options()
        self.keys = DataKeys(self.engine, MASTER_KEYS)
        create_missing_keys(self.engine, self.keys, a_signing_key, self.clock.now())
        transactions = StoreTransactions(self.engine, self.keys)
        payloads = Payloads(ADDRESSES, lambda: "PEM", with_service_instance_id=True)
        self.transactions = transactions
        self.issuing_authorities = IssuingAuthorities(
            "Test", partial(_itself, self.supplied_authority) if self.supplied_authority else None
        )
        bundle = TrustBundle(self.trusted_ca_file) if self.trusted_ca_file else None
        self.trust = Trust(bundle, OwnAuthorities(self.engine))
        self.use_zone_rules(self.zone_rules)
        self.bind_ = Bind(
            transactions,
            self.clock,
            payloads,
            issuers(
                self.clock,
                CertificateBindings(self.clock, self.issuing_authorities, self.trust, ADDRESSES),
            ),
            KeyStock(),
            self.mints_instance_secrets,
            self.max_bindings,
        )
        self.rotate_ = Rotate(transactions, self.clock)
        self.unbind_ = Unbind(transactions, self.clock)
        self.fetch_ = Fetch(transactions, self.clock)
        self.authenticator = SecretAuthenticator(StoredCredentials(self.engine), self.keys)
        self.certificate_authenticator = CertificateAuthenticator(
            StoredCertificates(self.engine), self.keys, self.trust, self.clock
        )
        self.authorities = Authorities(StoredGrants(self.engine))
        self._passports: dict[str, Payload] = {}

    def use_zone_rules(self, rules: Sequence[ZoneRule]) -> None:
        """Replace the zone rules, as a restart with other settings does."""
        self.use_zones(ZoneDirectory(rules))

    def use_zones(self, zones: ZoneDirectory) -> None:
        """Replace the directory of zones."""
        redirects = RedirectPolicy(self.shared_domains, self.localhost)
        self.declare = Declare(zones, redirects, self.clock)
        self.provision_ = Provision(
            self.transactions,
            self.clock,
            zones,
            self.declare,
            (CredentialType.INSTANCE_SECRET,),
            self.max_instances,
        )
        self.update_ = Update(
            self.transactions,
            self.clock,
            self.declare,
            timedelta(days=self.relist_days),
            UsageGuard(timedelta(days=self.guard_days)),
        )
        self.deprovision_ = Deprovision(self.transactions, self.clock, self.declare)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def provision(
        self, instance_id: str, parameters: dict[str, Any] | None = None, **changes: Any
    ) -> Provisioned:
        """Provision in the organization ``org``."""
        request: dict[str, Any] = {
            "caller": CALLER,
            "instance_id": instance_id,
            "service_id": SERVICE,
            "plan_id": APPLICATION,
            "plan": Plan.APPLICATION,
            "parameters": parameters or {},
            "organization_guid": "org",
            "space_guid": "space",
            "context": {},
        }
        return self.provision_(ProvisionRequest(**(request | changes)))

    def update(
        self, instance_id: str, parameters: dict[str, Any] | None = None, **changes: Any
    ) -> list[str]:
        """Update the instance."""
        request: dict[str, Any] = {
            "caller": CALLER,
            "instance_id": instance_id,
            "service_id": SERVICE,
            "plan_id": None,
            "parameters": parameters or {},
            "context": {},
        }
        return self.update_(UpdateRequest(**(request | changes))).sentences()

    def bind(
        self,
        instance_id: str,
        binding_id: str,
        parameters: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Payload:
        """Bind and return the credentials."""
        request: dict[str, Any] = {
            "caller": CALLER,
            "instance_id": instance_id,
            "binding_id": binding_id,
            "service_id": SERVICE,
            "plan_id": APPLICATION,
            "parameters": parameters or {},
            "app_guid": None,
        }
        return self.bind_(BindRequest(**(request | changes))).payload

    def unbind(self, instance_id: str, binding_id: str) -> None:
        """Unbind."""
        self.unbind_(DeleteRequest(CALLER, instance_id, SERVICE, APPLICATION, binding_id))

    def deprovision(self, instance_id: str) -> None:
        """Deprovision."""
        self.deprovision_(DeleteRequest(CALLER, instance_id, SERVICE, APPLICATION))

    def count_use(self, credential_id: int) -> None:
        """Record that the credential is used now."""
        used = Usage(accepted=1, last_used_at=self.clock.now())
        assert write_usage(self.engine, {credential_id: used}) == {}

    def accepts(self, credentials: Payload) -> bool:
        """Return whether the credentials authenticate now."""
        try:
            self.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
        except AuthenticationFailed:
            return False
        return True

    def refusal(self, client_id: str, der: bytes) -> str | None:
        """Return why the certificate is refused now, None if it is accepted."""
        try:
            self.certificate_authenticator.authenticate(client_id, der)
        except AuthenticationFailed as error:
            return error.reason
        return None

    def scopes(self, instance_id: str, caller: Actor = CALLER) -> tuple[str, ...]:
        """Return the scopes of the instance's next token, as the token endpoint finds them."""
        if instance_id not in self._passports:
            plan_id = self.fetch_.instance(caller, instance_id).plan_id
            self._passports[instance_id] = self.bind(
                instance_id, "passport", caller=caller, plan_id=plan_id
            )
        passport = self._passports[instance_id]
        authenticated = self.authenticator.authenticate(
            passport["clientid"], passport["clientsecret"]
        )
        return self.authorities.of(authenticated.client)

    def instance(self, instance_id: str) -> Instance:
        """Return the instance as it is stored."""
        return self.fetch_.instance(CALLER, instance_id)

    def zone_index(self, instance_id: str) -> int:
        """Return the index of the instance's zone."""
        return self.instance(instance_id).client.zone.index

    def references(self, instance_id: str) -> Sequence[ResolvedReference]:
        """Return the instance's references to other applications."""
        client = self.instance(instance_id).client
        return self.transactions.read(lambda found: found.references.of(client))


def _itself(authority: Authority) -> Authority:
    return authority

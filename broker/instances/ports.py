"""What the operations need from a store; ``store.repositories`` provides it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from broker.credentials.kind import CertificateCredential, Secret
from broker.descriptor.model import CredentialType, Descriptor
from broker.instances.audit import AuditEvent
from broker.instances.model import Binding, Instance, OAuthClient, SecretState
from broker.instances.references import Reference, ResolvedReference
from broker.instances.zone import Zone, ZoneKey
from broker.pki.issuing import AuthorityStore

T = TypeVar("T")


class Zones(Protocol):
    """Zones by platform and key."""

    def find_or_create(self, key: ZoneKey, now: datetime) -> Zone:
        """Return the zone of the key."""

    def grants_changed(self, zone: Zone) -> None:
        """Advance the zone's grants epoch, so that no resolved authority outlives it (D-36).

        Until the commit no other transaction changes the zone.
        """


class Instances(Protocol):
    """Service instances with their OAuth clients."""

    def find(self, instance_id: str) -> Instance | None:
        """Return the instance of any platform."""

    def count(self, zone: Zone) -> int:
        """Return how many instances the zone has."""

    def app_id_taken(self, app_id: str) -> bool:
        """Tell whether an application of this id exists."""

    def add(self, instance: Instance) -> None:
        """Insert instance and client."""

    def change(self, instance: Instance) -> None:
        """Write all that an update may change, and a new client epoch."""

    def all(self) -> Sequence[Instance]:
        """Return every instance of every platform, oldest first."""

    def incomplete(self, most: int) -> Sequence[str]:
        """Return ids of instances whose declarations an older version left unstored."""

    def remove(self, instance: Instance) -> None:
        """Delete the instance with its client, bindings and credentials."""


class Bindings(Protocol):
    """Bindings of an instance."""

    def find(self, instance: Instance, binding_id: str) -> Binding | None:
        """Return the binding of this instance."""

    def count(self, instance: Instance) -> int:
        """Return how many bindings the instance has."""

    def types_of(self, instance: Instance) -> Sequence[tuple[str, CredentialType]]:
        """Return id and credential type of the instance's bindings, oldest first."""

    def add(self, binding: Binding) -> None:
        """Insert the binding with its payload sealed."""

    def purge(self, now: datetime) -> int:
        """Delete private keys whose certificates have expired; return how many (D-06)."""

    def remove(self, binding: Binding) -> None:
        """Delete the binding and its own credential."""


class Credentials(Protocol):
    """Secrets of a client: digests to compare, and the instance secret sealed."""

    def add_binding_secret(
        self, client: OAuthClient, binding: Binding, secret: Secret, now: datetime
    ) -> None:
        """Insert the digest of a binding's own secret."""

    def instance_secret(self, client: OAuthClient) -> str | None:
        """Return the client's instance secret in clear, if it has one."""

    def add_instance_secret(self, client: OAuthClient, secret: Secret, now: datetime) -> None:
        """Insert the client's instance secret."""

    def delist_instance_secret(self, client: OAuthClient, now: datetime) -> None:
        """Remember since when the type is no longer listed."""

    def relist_instance_secret(self, client: OAuthClient) -> None:
        """Let the instance secret count again."""

    def drop_instance_secret(self, client: OAuthClient, *, delisted_before: datetime) -> bool:
        """Delete the instance secret if it was de-listed before that time; tell whether it was."""


class InstanceSecrets(Protocol):
    """The instance secret of a client in two generations (D-15)."""

    def state(self, client: OAuthClient) -> SecretState | None:
        """Return what there is, without any secret."""

    def rotate(
        self, client: OAuthClient, secret: Secret, now: datetime, previous_until: datetime | None
    ) -> None:
        """Put the secret in place; what it replaces is accepted until then."""

    def remove(self, client: OAuthClient) -> None:
        """Delete the instance secret."""

    def forget_previous(self, client: OAuthClient) -> None:
        """Refuse the previous secret."""


class IssuedTokens(Protocol):
    """Which tokens were revoked."""

    def revoke(
        self, client: OAuthClient, token_id: str, *, expires_at: datetime, now: datetime
    ) -> bool:
        """Remember until ``expires_at`` that the token is revoked."""

    def revoke_all(self, client: OAuthClient) -> None:
        """Revoke all tokens that the client has got so far."""


class Usage(Protocol):
    """Who used which credential (D-22)."""

    def used_by(
        self, instance: Instance, type_: CredentialType, since: datetime
    ) -> list[str] | None:
        """Return the bindings that may have used the type since then; None for no use."""

    def last_uses(self, instance: Instance) -> Mapping[str, datetime]:
        """Return when each binding's credential was used last, by binding id."""


class Certificates(Protocol):
    """Certificates of a client."""

    def add(
        self, client: OAuthClient, binding: Binding, added: CertificateCredential, now: datetime
    ) -> None:
        """Insert a binding's certificate."""

    def like(
        self, client: OAuthClient, certificate: CertificateCredential
    ) -> list[CertificateCredential]:
        """Return the client's certificates with the same lookup key or the same names."""


class References(Protocol):
    """References between applications, each pinned to at most one other client (D-30)."""

    def replace(self, instance: Instance, wanted: Collection[Reference]) -> None:
        """Bring the instance's references to ``wanted``; what stays keeps its pin.

        New ones are pinned if what they seek exists.
        """

    def welcome(self, instance: Instance) -> None:
        """Pin the references that wait for this instance to it."""

    def zones_of_grantees(self, client: OAuthClient) -> Sequence[Zone]:
        """Return the zones of the clients that this one grants authorities to, in a fixed order."""

    def of(self, client: OAuthClient) -> Sequence[ResolvedReference]:
        """Return the client's references and what each is pinned to."""


class HeldNames(Protocol):
    """Names of deleted applications, kept for their space."""

    def hold(self, app_id: str, space: str, now: datetime, until: datetime) -> None:
        """Keep the name for the space."""

    def held_from(self, app_id: str, space: str, now: datetime) -> datetime | None:
        """Return until when the name is kept from this space, None if it is not."""

    def release(self, app_id: str) -> bool:
        """Let every space use the name; tell whether it was kept."""


class Roles(Protocol):
    """Attributes, role templates, default roles and role collections of an application."""

    def replace(self, client: OAuthClient, descriptor: Descriptor) -> None:
        """Bring them to what the descriptor says; what keeps its name keeps its row."""

    def collections_of_others(self, client: OAuthClient, names: Collection[str]) -> set[str]:
        """Return which names other applications' role collections in the zone have."""


class AuditTrail(Protocol):
    """The audit trail."""

    def append(self, event: AuditEvent) -> None:
        """Add an event, to be committed with what it reports."""


class Repositories(Protocol):
    """All repositories of one transaction."""

    @property
    def zones(self) -> Zones:
        """Zones."""

    @property
    def instances(self) -> Instances:
        """Service instances."""

    @property
    def bindings(self) -> Bindings:
        """Bindings."""

    @property
    def credentials(self) -> Credentials:
        """Credentials."""

    @property
    def certificates(self) -> Certificates:
        """Certificates of clients."""

    @property
    def authorities(self) -> AuthorityStore:
        """Certificate authorities."""

    @property
    def references(self) -> References:
        """References between applications."""

    @property
    def held_names(self) -> HeldNames:
        """Names kept for their space."""

    @property
    def roles(self) -> Roles:
        """Role templates and what belongs to them."""

    @property
    def instance_secrets(self) -> InstanceSecrets:
        """Instance secrets."""

    @property
    def issued_tokens(self) -> IssuedTokens:
        """Revoked tokens."""

    @property
    def usage(self) -> Usage:
        """Who used which credential."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""

    def rehearse(self) -> None:
        """Have everything that this transaction does undone at its end."""

    def lock(self, instance_id: str) -> None:
        """Make every other write to this instance id wait for this transaction (D-20)."""


class Transactions(Protocol):
    """Runs work in a transaction."""

    def run(self, work: Callable[[Repositories], T]) -> T:
        """Run ``work`` in one transaction, again after a deadlock; the result is committed."""

    def read(self, work: Callable[[Repositories], T]) -> T:
        """Run ``work``, which only reads; it waits for nobody and sees all that is committed."""

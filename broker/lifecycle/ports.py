"""What the operations need from a store; ``store.repositories`` provides it.

Each operation combines the ``With…`` Protocols of what it touches beside its own code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from broker.authorization.grant_types import UnfilledClient
from broker.credentials.kind import CertificateCredential, Secret
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.instances.model import Binding, Instance, SecretState
from broker.pki.issuing import AuthorityStore


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

    def change(self, instance: Instance, *, with_grant_types: bool = False) -> None:
        """Write all that an update may change, and a new client epoch.

        Grant types are written only if told: those that were read may stand for none (D-60).
        """

    def all(self) -> Sequence[Instance]:
        """Return every instance of every platform, oldest first."""

    def incomplete(self, most: int) -> Sequence[str]:
        """Return ids of instances whose declarations an older version left unstored."""

    def without_grant_types(self, limit: int) -> Sequence[UnfilledClient]:
        """Return clients of an older version, which stored no grant types (D-60)."""

    def fill_grant_types(self, grant_types: Mapping[int, Sequence[str]], now: datetime) -> None:
        """Store the grant types by client row, unless an update has stored some meanwhile."""

    def remove(self, instance: Instance) -> None:
        """Delete the instance with its client, bindings and credentials."""


class Bindings(Protocol):
    """Bindings of an instance."""

    def find(self, instance: Instance, binding_id: str) -> Binding | None:
        """Return the binding of this instance."""

    def count(self, instance: Instance) -> int:
        """Return how many bindings the instance has."""

    def types_of(self, instance: Instance) -> Sequence[tuple[str, str]]:
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
        self, client: Client, binding: Binding, secret: Secret, now: datetime
    ) -> None:
        """Insert the digest of a binding's own secret."""

    def instance_secret(self, client: Client) -> str | None:
        """Return the client's instance secret in clear, if it has one."""

    def add_instance_secret(self, client: Client, secret: Secret, now: datetime) -> None:
        """Insert the client's instance secret."""

    def delist_instance_secret(self, client: Client, now: datetime) -> None:
        """Remember since when the type is no longer listed."""

    def relist_instance_secret(self, client: Client) -> None:
        """Let the instance secret count again."""

    def drop_instance_secret(self, client: Client, *, delisted_before: datetime) -> bool:
        """Delete the instance secret if it was de-listed before that time; tell whether it was."""


class InstanceSecrets(Protocol):
    """The instance secret of a client in two generations (D-15)."""

    def state(self, client: Client) -> SecretState | None:
        """Return what there is, without any secret."""

    def rotate(
        self, client: Client, secret: Secret, now: datetime, previous_until: datetime | None
    ) -> None:
        """Put the secret in place; what it replaces is accepted until then."""

    def remove(self, client: Client) -> None:
        """Delete the instance secret."""

    def forget_previous(self, client: Client) -> None:
        """Refuse the previous secret."""


class Usage(Protocol):
    """Who used which credential (D-22)."""

    def used_by(self, instance: Instance, type_: str, since: datetime) -> list[str] | None:
        """Return the bindings that may have used the type since then; None for no use."""

    def last_uses(self, instance: Instance) -> Mapping[str, datetime]:
        """Return when each binding's credential was used last, by binding id."""


class Certificates(Protocol):
    """Certificates of a client."""

    def add(
        self, client: Client, binding: Binding, added: CertificateCredential, now: datetime
    ) -> None:
        """Insert a binding's certificate."""

    def find_similar(
        self, client: Client, certificate: CertificateCredential
    ) -> list[CertificateCredential]:
        """Return the client's certificates with the same lookup key or the same names."""


class WithInstances(Protocol):
    """Service instances."""

    @property
    def instances(self) -> Instances:
        """Service instances."""


class WithBindings(Protocol):
    """Bindings."""

    @property
    def bindings(self) -> Bindings:
        """Bindings."""


class WithCredentials(Protocol):
    """Credentials."""

    @property
    def credentials(self) -> Credentials:
        """Credentials."""


class WithInstanceSecrets(Protocol):
    """Instance secrets."""

    @property
    def instance_secrets(self) -> InstanceSecrets:
        """Instance secrets."""


class WithUsage(Protocol):
    """Who used which credential."""

    @property
    def usage(self) -> Usage:
        """Who used which credential."""


class WithCertificates(Protocol):
    """Certificates of clients."""

    @property
    def certificates(self) -> Certificates:
        """Certificates of clients."""


class WithAuthorities(Protocol):
    """Certificate authorities."""

    @property
    def authorities(self) -> AuthorityStore:
        """Certificate authorities."""

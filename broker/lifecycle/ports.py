"""Store interfaces of the operations, implemented by ``store.repositories``.

Each operation combines the ``With…`` protocols that it needs in its own file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from broker.authorization.grant_types import UnfilledClient
from broker.credentials.kind import CertificateCredential, Secret
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.instances.model import Binding, BindingSummary, Instance, SecretState
from broker.pki.issuing import AuthorityStore


class Instances(Protocol):
    """Service instances with their OAuth clients."""

    def find(self, instance_id: str) -> Instance | None:
        """Return the instance of any platform."""

    def count(self, zone: Zone) -> int:
        """Return how many instances the zone has."""

    def app_id_taken(self, app_id: str) -> bool:
        """Return whether an application with this id exists."""

    def add(self, instance: Instance) -> None:
        """Insert instance and client."""

    def change(
        self, instance: Instance, *, is_declared: bool = True, with_grant_types: bool = False
    ) -> None:
        """Write all members that an update may change, with a new client epoch.

        Unless ``is_declared``, incomplete declarations stay incomplete.

        Grant types are written only with ``with_grant_types``: those read may be a default (D-60).
        """

    def all(self) -> Sequence[Instance]:
        """Return every instance of every platform, oldest first."""

    def is_complete(self, instance: Instance) -> bool:
        """Return whether the stored declarations are those of the current descriptor."""

    def incomplete(self, limit: int) -> Sequence[str]:
        """Return ids of instances whose declarations an older version did not store."""

    def without_grant_types(self, limit: int) -> Sequence[UnfilledClient]:
        """Return clients without stored grant types, written by an older version (D-60)."""

    def fill_grant_types(self, grant_types: Mapping[int, Sequence[str]], now: datetime) -> None:
        """Store the grant types by client row id, except where an update has set them."""

    def remove(self, instance: Instance) -> None:
        """Delete the instance with its client, bindings and credentials."""


class Bindings(Protocol):
    """Bindings of an instance."""

    def find(self, instance: Instance, binding_id: str) -> Binding | None:
        """Return the binding of this instance."""

    def count(self, instance: Instance) -> int:
        """Return how many bindings the instance has."""

    def summaries(self, instance: Instance) -> Sequence[BindingSummary]:
        """Return the instance's bindings, oldest first."""

    def add(self, instance: Instance, binding: Binding) -> None:
        """Insert the binding of the instance with a sealed payload."""

    def purge(self, now: datetime) -> int:
        """Delete the private keys of expired certificates; return how many (D-06)."""

    def remove(self, binding: Binding) -> None:
        """Delete the binding and its own credential."""


class Credentials(Protocol):
    """Secrets of a client: digests, and the sealed instance secret."""

    def add_binding_secret(
        self, client: Client, binding: Binding, secret: Secret, now: datetime
    ) -> None:
        """Insert the digest of a binding's own secret."""

    def instance_secret(self, instance: Instance) -> str | None:
        """Return the instance's secret in clear text, None without one."""

    def add_instance_secret(self, instance: Instance, secret: Secret, now: datetime) -> None:
        """Insert the instance's secret."""

    def delist_instance_secret(self, client: Client, now: datetime) -> None:
        """Record when the type was de-listed."""

    def relist_instance_secret(self, client: Client) -> None:
        """Accept the instance secret again."""

    def drop_instance_secret(self, client: Client, *, delisted_before: datetime) -> bool:
        """Delete the instance secret if de-listed before that time; return whether it was."""


class InstanceSecrets(Protocol):
    """The current and previous instance secret of a client (D-15)."""

    def state(self, client: Client) -> SecretState | None:
        """Return the metadata of the secret, None without one."""

    def rotate(
        self, instance: Instance, secret: Secret, now: datetime, previous_until: datetime | None
    ) -> None:
        """Replace the secret; the previous one is accepted until ``previous_until``."""

    def remove(self, client: Client) -> None:
        """Delete the instance secret."""

    def forget_previous(self, client: Client) -> None:
        """Delete the previous secret."""


class Usage(Protocol):
    """The recorded use of credentials (D-22)."""

    def used_by(self, instance: Instance, type_: str, since: datetime) -> list[str] | None:
        """Return the bindings that may have used the type since then; None without any use."""

    def last_uses(self, instance: Instance) -> Mapping[str, datetime]:
        """Return the time of last use of each binding's credential, by binding id."""

    def last_use(self, instance: Instance) -> datetime | None:
        """Return when any credential was last used, also one without a binding."""


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
    """A transaction that accesses service instances."""

    @property
    def instances(self) -> Instances:
        """The repository of service instances."""


class WithBindings(Protocol):
    """A transaction that accesses bindings."""

    @property
    def bindings(self) -> Bindings:
        """The repository of bindings."""


class WithCredentials(Protocol):
    """A transaction that accesses client secrets."""

    @property
    def credentials(self) -> Credentials:
        """The repository of client secrets."""


class WithInstanceSecrets(Protocol):
    """A transaction that rotates instance secrets."""

    @property
    def instance_secrets(self) -> InstanceSecrets:
        """The repository of instance secrets."""


class WithUsage(Protocol):
    """A transaction that reads the use of credentials."""

    @property
    def usage(self) -> Usage:
        """The recorded use of credentials."""


class WithCertificates(Protocol):
    """A transaction that accesses client certificates."""

    @property
    def certificates(self) -> Certificates:
        """The repository of client certificates."""


class WithAuthorities(Protocol):
    """A transaction that accesses certificate authorities."""

    @property
    def authorities(self) -> AuthorityStore:
        """The repository of certificate authorities."""

"""Store interfaces for references, roles and held names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from broker.authorization.declared_settings import OutdatedSettings
from broker.authorization.reference import Reference, ResolvedReference
from broker.authorization.roles import DeclaredRoles
from broker.descriptor.changes import Protections
from broker.identity.client import Client
from broker.identity.client_settings import ClientSettings
from broker.identity.zone import Zone
from broker.instances.model import Instance


class References(Protocol):
    """References between applications, each pinned to at most one other client (D-30)."""

    def replace(
        self, instance: Instance, references: Collection[Reference], *, is_new: bool = False
    ) -> None:
        """Replace the instance's references; unchanged ones keep their pins.

        New ones are pinned if their targets exist. ``is_new``: the instance has none yet.
        """

    def resolve_pending(self, instance: Instance) -> None:
        """Pin pending references to this instance."""

    def resolve_own(self, instance: Instance) -> None:
        """Pin the instance's pending references to applications that exist."""

    def zones_of_grantees(self, client: Client) -> Sequence[Zone]:
        """Return the zones of the clients that this one grants scopes, in a fixed order."""

    def moved_ids(self, instance: Instance) -> Collection[str]:
        """Return ids with other indexes that are valid: of moved applications, and stored ones."""

    def of(self, client: Client) -> Sequence[ResolvedReference]:
        """Return the client's references with their pinned applications."""


class HeldNames(Protocol):
    """Names of deleted applications, held for their space if others may know them (D-55)."""

    def mark(self, oauth_client: Client) -> None:
        """Record that the client's application id is held after its deletion."""

    def mark_all(self) -> None:
        """Mark every client."""

    def mark_granted(self, oauth_client: Client) -> None:
        """Mark the client if it grants a scope or is granted one, and the other side of each grant.

        The caller holds the locks of the zones.
        """

    def is_marked(self, instance: Instance) -> bool:
        """Return whether the instance's application id must be held."""

    def hold(self, app_id: str, space: str, now: datetime, until: datetime) -> None:
        """Hold the name for the space until ``until``."""

    def held_from(self, app_id: str, space: str, now: datetime) -> datetime | None:
        """Return until when another space holds the name, None if none does."""

    def release(self, app_id: str) -> bool:
        """Release the name for every space; return whether it was held."""


class Roles(Protocol):
    """Attributes, role templates, default roles and role collections of an application."""

    def replace(self, client: Client, declared: DeclaredRoles, *, is_new: bool = False) -> None:
        """Replace the client's declarations; entries with an unchanged name keep their rows.

        ``is_new``: the client has none yet.
        """

    def protections(self, client: Client) -> Protections:
        """Return the client's declared attributes and templates, as they restrict an update."""

    def custom_roles(self, client: Client) -> Collection[tuple[str, str]]:
        """Return template and name of each role that administrators made of the client's."""


class ClientSettingsStore(Protocol):
    """What descriptors say about the users of their clients (I-G1)."""

    def write(self, client_row_id: int, epoch: int, settings: ClientSettings) -> None:
        """Store the settings as of this epoch of the client; newer ones are kept."""

    def outdated(self, limit: int) -> Sequence[OutdatedSettings]:
        """Return the clients of instances whose settings are missing or older than the client."""


class WithReferences(Protocol):
    """A transaction that accesses references."""

    @property
    def references(self) -> References:
        """The repository of references."""


class WithHeldNames(Protocol):
    """A transaction that accesses held names."""

    @property
    def held_names(self) -> HeldNames:
        """The repository of held names."""


class WithRoles(Protocol):
    """A transaction that accesses declared roles."""

    @property
    def roles(self) -> Roles:
        """The repository of declared roles."""


class WithClientSettings(Protocol):
    """A transaction that writes settings of clients."""

    @property
    def client_settings(self) -> ClientSettingsStore:
        """The repository of settings of clients."""

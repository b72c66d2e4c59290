"""What references, roles and names need from a store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from broker.authorization.reference import Reference, ResolvedReference
from broker.authorization.roles import DeclaredRoles
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.instances.model import Instance


class References(Protocol):
    """References between applications, each pinned to at most one other client (D-30)."""

    def replace(self, instance: Instance, wanted: Collection[Reference]) -> None:
        """Bring the instance's references to ``wanted``; what stays keeps its pin.

        New ones are pinned if what they seek exists.
        """

    def resolve_pending(self, instance: Instance) -> None:
        """Pin the references that wait for this instance to it."""

    def zones_of_grantees(self, client: Client) -> Sequence[Zone]:
        """Return the zones of the clients that this one grants authorities to, in a fixed order."""

    def of(self, client: Client) -> Sequence[ResolvedReference]:
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

    def replace(self, client: Client, declared: DeclaredRoles) -> None:
        """Bring them to what is declared; what keeps its name keeps its row."""

    def collections_of_others(self, client: Client, names: Collection[str]) -> set[str]:
        """Return which names role collections in the zone have that are not the client's."""


class WithReferences(Protocol):
    """References between applications."""

    @property
    def references(self) -> References:
        """References between applications."""


class WithHeldNames(Protocol):
    """Names kept for their space."""

    @property
    def held_names(self) -> HeldNames:
        """Names kept for their space."""


class WithRoles(Protocol):
    """Role templates and what belongs to them."""

    @property
    def roles(self) -> Roles:
        """Role templates and what belongs to them."""

"""Store interfaces of role collections, their roles, assignments and mappings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from broker.audit.ports import WithAudit
from broker.authorization.collections.built_in import WithBuiltIn
from broker.authorization.collections.model import (
    Assignment,
    CollectionMapping,
    Role,
    RoleAttribute,
    RoleCollection,
    RoleKey,
    Use,
)
from broker.authorization.reference import Reference
from broker.identity.administered_zone import ZoneStore
from broker.identity.client import Client
from broker.identity.user import User
from broker.identity.zone import Zone
from broker.transactions import TellsTime


class DeclaredCollections(Protocol):
    """Role collections that descriptors declare."""

    def names(self, client: Client) -> set[str]:
        """Return the names of the client's declared collections."""

    def of_others(self, client: Client, names: Collection[str]) -> Mapping[str, str]:
        """Return the zone's other collections that resemble the names, by their folded form."""

    def in_use(self, client: Client) -> Mapping[str, Use]:
        """Return the use of the client's declared collections that are in use, by name."""

    def own_templates(self, client: Client) -> Mapping[str, set[str]]:
        """Return the client's own templates in each of its declared collections, by name."""

    def end_use(self, client: Client, names: Collection[str] | None = None) -> Use:
        """Delete the assignments and mappings of these collections; None stands for all."""

    def leave_made_by_administrators(self, client: Client) -> None:
        """Take the client's roles out of the collections that administrators made."""


class RoleCollections(Protocol):
    """All role collections of a zone."""

    def find(self, zone: Zone, name: str) -> RoleCollection | None:
        """Return the zone's collection with exactly this name."""

    def all(self, zone: Zone) -> Sequence[RoleCollection]:
        """Return the zone's collections by name."""

    def count(self, zone: Zone) -> int:
        """Return the number of the zone's collections."""

    def find_similar(self, zone: Zone, name: str) -> str | None:
        """Return the name of a collection that equals this one but for case and form (I-162)."""

    def create(self, zone: Zone, name: str, description: str | None) -> RoleCollection:
        """Insert a collection of the zone's built-in application, which exists."""

    def describe(self, collection: RoleCollection, description: str | None) -> None:
        """Change the description."""

    def delete(self, collection: RoleCollection) -> Use:
        """Delete the collection with its assignments and mappings; return their numbers."""

    def roles(self, collection: RoleCollection) -> Sequence[RoleKey]:
        """Return the roles in the collection, without references to other applications."""

    def references(self, collection: RoleCollection) -> Sequence[tuple[Reference, str | None]]:
        """Return the templates of other applications in it, each with its application's id."""

    def has_built_in_role(self, collection: RoleCollection, app_id: str) -> bool:
        """Return whether the collection contains a role of this built-in application."""

    def add_role(self, collection: RoleCollection, added: Role) -> bool:
        """Put the role into the collection; return whether it was not in it."""

    def remove_role(self, collection: RoleCollection, removed: Role) -> bool:
        """Take the role out of the collection; return whether it was in it."""


class Assignments(Protocol):
    """Role collections of users; each change advances the user's roles epoch (I-143)."""

    def put(self, user: User, collection: RoleCollection, assignment: Assignment) -> None:
        """Store the assignment; one that exists keeps its creation and gets expiry and note."""

    def remove(self, user: User, collection: RoleCollection) -> bool:
        """Delete the assignment; return whether it existed."""

    def find(self, user: User, collection: RoleCollection) -> Assignment | None:
        """Return the assignment."""

    def of_user(self, user: User) -> Sequence[Assignment]:
        """Return the user's assignments, expired ones included."""

    def of_collection(self, collection: RoleCollection) -> Sequence[Assignment]:
        """Return the collection's assignments, expired ones included."""

    def has_administrator(self, zone: Zone, now: datetime | None = None) -> bool:
        """Return whether an active user holds the administrator's role; lock the zone."""

    def is_last_administrator(self, user: User, now: datetime | None = None) -> bool:
        """Return whether no other active user is an administrator; lock the zone (I-160)."""


class Mappings(Protocol):
    """Role collections by attributes and groups of a provider (I-159)."""

    def add(self, collection: RoleCollection, mapping: CollectionMapping) -> bool:
        """Store the mapping; return whether it did not exist."""

    def remove(self, collection: RoleCollection, mapping: CollectionMapping) -> bool:
        """Delete the mapping; return whether it existed."""

    def count(self, zone: Zone) -> int:
        """Return the number of the zone's mappings."""

    def of_collection(self, collection: RoleCollection) -> Sequence[CollectionMapping]:
        """Return the collection's mappings, ordered by origin, attribute and value."""

    def of_origin(self, zone: Zone, origin: str) -> Sequence[CollectionMapping]:
        """Return the zone's mappings of this origin, ordered by collection, attribute and value."""


class CustomRoles(Protocol):
    """The roles of a zone; those that administrators make change."""

    def find(self, zone: Zone, key: RoleKey) -> Role | None:
        """Return the role of an application in the zone."""

    def all(self, zone: Zone) -> Sequence[Role]:
        """Return the zone's roles, ordered by application, template and name."""

    def template_attributes(
        self, zone: Zone, app_id: str, template: str
    ) -> Mapping[str, bool] | None:
        """Return the template's attributes, each with whether a value is required.

        None if the zone has no such template.
        """

    def count(self, zone: Zone) -> int:
        """Return how many roles administrators made in the zone."""

    def create(
        self,
        zone: Zone,
        key: RoleKey,
        description: str | None,
        attributes: Mapping[str, RoleAttribute],
    ) -> None:
        """Insert a role; its template exists."""

    def change(
        self, role: Role, description: str | None, attributes: Mapping[str, RoleAttribute]
    ) -> None:
        """Replace the description and all values of the role."""

    def delete(self, role: Role) -> Sequence[str]:
        """Delete the role; return the names of the collections that contained it."""


class Users(Protocol):
    """Users of a zone."""

    def at(self, row_id: int) -> User | None:
        """Return the user with this row id."""

    def named(self, zone: Zone, origin: str, name: str) -> User | None:
        """Return the zone's user of this origin whose name differs at most by case (I-02)."""


class LockedZones(Protocol):
    """Zones whose roles change."""

    def named(self, name: str) -> Zone | None:
        """Return the zone with this index, GUID or subdomain."""

    def roles_changed(self, zone: Zone) -> None:
        """Advance the zone's roles epoch; the zone is locked until the commit."""

    def lock_roles(self, zone: Zone) -> None:
        """Lock the zone until the commit."""


class WithDeclaredCollections(Protocol):
    """A transaction that accesses declared role collections."""

    @property
    def declared_collections(self) -> DeclaredCollections:
        """The repository of declared role collections."""


class CollectionStore(ZoneStore, WithBuiltIn, WithAudit, TellsTime, Protocol):
    """The store of role collections and all that they consist of."""

    @property
    def zones(self) -> LockedZones:
        """The repository of zones."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def role_collections(self) -> RoleCollections:
        """The repository of role collections."""

    @property
    def assignments(self) -> Assignments:
        """The repository of assignments."""

    @property
    def mappings(self) -> Mappings:
        """The repository of mappings."""

    @property
    def custom_roles(self) -> CustomRoles:
        """The repository of roles."""

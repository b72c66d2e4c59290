"""Store interfaces of the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from broker.authorization.collections.model import (
    CollectionMapping,
    Role,
    RoleCollection,
    RoleKey,
)
from broker.authorization.ports import WithReferences
from broker.authorization.views.model import (
    ApplicationSelection,
    ApplicationView,
    GrantedAuthority,
    HeldRole,
    Member,
    RoleSelection,
    Selection,
    TemplateView,
)
from broker.identity.administered_zone import ZoneStore
from broker.identity.client import Client
from broker.identity.zone import Zone


class CollectionLists(Protocol):
    """Reads many collections of a zone; every method is one statement.

    The results are by the collections' row ids.
    """

    def selected(self, zone: Zone, selection: Selection) -> Sequence[RoleCollection]:
        """Return the selected collections by name."""

    def roles(self, zone: Zone, selection: Selection) -> Mapping[int, Sequence[HeldRole]]:
        """Return their roles, sorted, with those of other applications' templates."""

    def members(
        self, zone: Zone, selection: Selection, limit: int
    ) -> Mapping[int, Sequence[Member]]:
        """Return at most so many users to whom they are assigned at present."""

    def mappings(
        self, zone: Zone, selection: Selection
    ) -> Mapping[int, Sequence[CollectionMapping]]:
        """Return their mappings."""

    def with_role(self, zone: Zone, key: RoleKey) -> Sequence[RoleCollection]:
        """Return the collections that contain the role, by name."""


class RoleLists(Protocol):
    """Reads many roles and templates of a zone."""

    def has_application(self, zone: Zone, app_id: str) -> bool:
        """Return whether the zone has this application."""

    def templates(self, zone: Zone, selection: RoleSelection) -> Sequence[TemplateView]:
        """Return the selected templates by application and name; three statements."""

    def roles(self, zone: Zone, selection: RoleSelection) -> Sequence[Role]:
        """Return the selected roles by application, template and name; two statements."""

    def collections_of_roles(
        self, zone: Zone, selection: RoleSelection
    ) -> Mapping[RoleKey, Sequence[tuple[str, str | None]]]:
        """Return names and descriptions of the collections that contain the selected roles."""


class ListStore(ZoneStore, Protocol):
    """The store of the lists."""

    @property
    def collection_lists(self) -> CollectionLists:
        """The lists of role collections."""

    @property
    def role_lists(self) -> RoleLists:
        """The lists of roles and templates."""


class ApplicationLists(Protocol):
    """Reads applications of a zone."""

    def applications(
        self, zone: Zone, selection: ApplicationSelection
    ) -> Sequence[ApplicationView]:
        """Return the selected applications by id, with their attributes; two statements."""

    def granted(self, client: Client) -> Sequence[GrantedAuthority]:
        """Return the scopes that other applications grant to the client and that it accepts."""

    def references_to(self, client: Client) -> int:
        """Return how many references of other applications are pinned to the client."""


class ApplicationStore(ListStore, WithReferences, Protocol):
    """The store of the lists of applications."""

    @property
    def application_lists(self) -> ApplicationLists:
        """The lists of applications."""

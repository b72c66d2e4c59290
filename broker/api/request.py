"""The authenticated request that every handler receives, and the services it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broker.audit.actor import ActorKind
from broker.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.audit.actor import Actor
    from broker.authorization.collections.custom_roles import ZoneRoles
    from broker.authorization.collections.map_collections import MapCollections
    from broker.authorization.collections.zone_collections import ZoneCollections
    from broker.authorization.groups.by_name import UsersByName
    from broker.authorization.groups.change import ChangeGroups
    from broker.authorization.groups.of_user import CollectionsOfUser
    from broker.authorization.groups.read import ReadGroups, ReadUsersWithGroups
    from broker.authorization.groups.write import WriteUsers
    from broker.authorization.views.applications import ListApplications
    from broker.authorization.views.changed_roles import ChangeRoles
    from broker.authorization.views.collections import ListCollections
    from broker.authorization.views.mappings import ListMappings
    from broker.authorization.views.roles import ListRoles
    from broker.identity.client import Client
    from broker.identity.providers.administer import Providers
    from broker.identity.zone_settings import ChangeZoneSettings
    from broker.instances.inventory import ListTypesOfBindings
    from broker.lifecycle.overview.change import ChangeCredentials
    from broker.lifecycle.overview.read import ReadOverviews
    from broker.tokens.key_state import KeyState
    from broker.tokens.ports import StoredSigningKey


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated caller: a client, or a user through it.

    ``scopes`` are those of the token that its client, and its user, still have.
    """

    actor: Actor
    client: Client
    scopes: frozenset[str]

    @property
    def zone(self) -> str:
        """The GUID of the caller's zone, the only one that its requests reach."""
        return self.client.zone.guid

    @property
    def user_id(self) -> str | None:
        """The id of the user, None for the client itself."""
        return self.actor.id if self.actor.kind == ActorKind.USER else None


@dataclass(frozen=True, slots=True)
class KeysView:
    """The signing keys of all zones: their states, and the time between rotations, if any."""

    states: Callable[[], Sequence[tuple[StoredSigningKey, KeyState]]]
    period: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The services of the domain that the handlers call."""

    list_collections: ListCollections
    list_roles: ListRoles
    list_applications: ListApplications
    role_collections: ZoneCollections
    zone_roles: ZoneRoles
    change_roles: ChangeRoles
    list_mappings: ListMappings
    map_collections: MapCollections
    users_by_name: UsersByName
    collections_of_user: CollectionsOfUser
    write_users: WriteUsers
    users_with_groups: ReadUsersWithGroups
    read_groups: ReadGroups
    change_groups: ChangeGroups
    providers: Providers
    zone_settings: ChangeZoneSettings
    signing_keys: KeysView
    types_of_bindings: ListTypesOfBindings
    overviews: ReadOverviews
    change_credentials: ChangeCredentials


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request that its route accepts.

    ``authenticated``: the caller, None on a public route. ``path``: decoded path parameters.
    ``query``: the parameters that the route lists, converted. ``headers``: those that it lists, ''
    if absent. ``body``: of the route's type, None without one.
    """

    authenticated: Caller | None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def caller(self) -> Caller:
        """The caller; raise AccessDenied on a public route."""
        if self.authenticated is None:
            raise AccessDenied("")
        return self.authenticated

    @property
    def actor(self) -> Actor:
        """The actor of changes."""
        return self.caller.actor

    @property
    def zone(self) -> str:
        """The GUID of the zone."""
        return self.caller.zone

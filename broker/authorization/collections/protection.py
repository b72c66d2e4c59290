"""The protection of role collections that give a built-in role (D-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from broker.authorization.collections.built_in import built_in_application
from broker.identity.built_in_roles import may_change_holders, require_change_of_holders

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.authorization.collections.model import RoleCollection, RoleKey
    from broker.identity.zone import Zone


class CollectionContents(Protocol):
    """Knows the contents of collections."""

    def has_built_in_role(self, collection: RoleCollection, app_id: str) -> bool:
        """Return whether the collection contains a role of this built-in application."""


def is_built_in(zone: Zone, key: RoleKey) -> bool:
    """Return whether the role is one of the zone's built-in application."""
    return key.app_id == built_in_application(zone).app_id


def require_change_of_members(
    actor: Actor, contents: CollectionContents, zone: Zone, collection: RoleCollection
) -> None:
    """Raise AccessDenied unless the actor may change who is in the collection."""
    if not may_change_holders(actor):
        app_id = built_in_application(zone).app_id
        concerned = contents.has_built_in_role(collection, app_id)
        require_change_of_holders(actor, concerned=concerned)
